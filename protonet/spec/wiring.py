"""Which layer reads what: the language's rules for bottoms and tops, without shapes and without
torch.

A name means the last value given to it above (Caffe's in-place layers give a new value to an old
name); `layer:NAME` means that layer's own output. Each phase is wired for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from protonet.errors import Path, PathError
from protonet.language import Enter, Leave, Run
from protonet.layers.record import LayerType
from protonet.records import suggestion
from protonet.spec.layer import LayerSpec
from protonet.spec.names import Names, Room
from protonet.spec.net import InputSpec, NetSpec
from protonet.spec.state import PHASES, Phase, State

OWN_OUTPUT = "layer:"
"""Prefix of a bottom that means a layer's own output, whatever its blob's name means later."""
INPUT = "Input"
"""The layer type that is an input of the net."""
FROM_INPUTS, FROM_NOTHING = -1, -2
"""Stand for the layer of a value that an input gives, and of one that is missing."""


@dataclass(frozen=True, slots=True)
class Value:
    """One tensor of a wired net: the blob name it was given, and which layer gave it as which top.

    `layer` is a position in the spec's list, or `FROM_INPUTS`, or `FROM_NOTHING`.
    """

    blob: str
    layer: int = FROM_INPUTS
    top: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A layer in a wired net, with the values it reads and gives, and the names that mean what it
    reads in a net without blocks."""

    index: int
    layer: LayerSpec
    bottoms: tuple[Value, ...]
    tops: tuple[Value, ...]
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wiring:
    """A net in one phase: inputs by name, layers in order, the last value of every blob, and what
    is missing."""

    state: State
    inputs: Mapping[str, tuple[Value, InputSpec]]
    nodes: tuple[Node, ...]
    blobs: Mapping[str, Value]
    errors: tuple[PathError, ...] = ()

    def read(self) -> frozenset[Value]:
        """Return what some layer reads."""
        return frozenset(bottom for node in self.nodes for bottom in node.bottoms)

    def read_inputs(self) -> dict[str, InputSpec]:
        """Return the inputs that some layer reads, in order: what has to be fed."""
        read = self.read()
        return {name: spec for name, (value, spec) in self.inputs.items() if value in read}

    def unread(self) -> tuple[Value, ...]:
        """Return the tops that no layer reads, in order: the outputs of the net."""
        read = self.read()
        return tuple(top for node in self.nodes for top in node.tops if top not in read)

    def own_outputs(self) -> dict[str, Value]:
        """Return every layer's own outputs: `layer:NAME` is the first top, `layer:NAME.1` the
        second."""
        return {
            OWN_OUTPUT + node.layer.name + (f".{place}" if place else ""): top
            for node in self.nodes
            for place, top in enumerate(node.tops)
        }

    def name_of(self, value: Value) -> str:
        """Return a value's blob name, or its `layer:NAME` where the name has come to mean another
        value."""
        if self.blobs.get(value.blob) == value:
            return value.blob
        return next(name for name, own in self.own_outputs().items() if own == value)


@dataclass(slots=True)
class _Sight:
    """What can be seen inside one frame, in one phase."""

    room: Room
    blobs: dict[str, Value] = field(default_factory=dict)


class Wirer:
    """Wires one net phase by phase.

    Args:
        net: the net. Layers whose type or own keys are wrong take part as far as they can.
        layers: the table of layer types.

    Attributes:
        names: what the bottoms are called.
        errors: what is wrong in every phase alike.
    """

    def __init__(self, net: NetSpec, layers: Mapping[str, LayerType]) -> None:
        self.net, self.layers = net, layers
        self.names = Names(net, layers)
        self.errors = self.names.errors
        self.bottoms = self.names.bottoms

    def wire(self, state: State) -> Wiring:
        """Return the net in this state; a bottom that is missing stands as a value from nothing."""
        return _Walk(self, state).wiring()

    def tops(self, index: int) -> tuple[str, ...]:
        """Return the full names of a layer's tops, written or not."""
        return self.names.tops(index)

    def phases(self, index: int) -> tuple[Phase, ...]:
        """Return the phases in which a layer exists, at the net's own level and stages."""
        return tuple(phase for phase in PHASES if phase in self.names.phases[index])


class _Walk:
    """One walk through a net's plan in one state."""

    def __init__(self, wirer: Wirer, state: State) -> None:
        self.wirer, self.net, self.names = wirer, wirer.net, wirer.names
        self.state = state
        self.inputs = {name: (Value(name), spec) for name, spec in self.net.inputs.items()}
        self.own: dict[str, Value] = {}
        self.nodes: list[Node] = []
        self.errors: list[PathError] = []
        root = {name: value for name, (value, _) in self.inputs.items()}
        self.sights = [_Sight(self.names.root, root)]
        self.present = [layer.exists_in(state) for layer in self.net.layers]

    def wiring(self) -> Wiring:
        """Return what the walk finds."""
        skipped: Leave | None = None
        for position, step in enumerate(self.net.plan.steps):
            if skipped is not None:
                skipped = None if step == skipped else skipped
                continue
            match step:
                case Run(layer):
                    self._run(layer, position)
                case Enter(frame) if self._is_empty(frame):
                    skipped = Leave(frame)
                case Enter(frame):
                    self._enter(frame, position)
                case Leave(frame):
                    self._leave(frame)
        blobs = self.sights[0].blobs
        return Wiring(self.state, self.inputs, tuple(self.nodes), blobs, tuple(self.errors))

    def _is_empty(self, frame: int) -> bool:
        """Return whether none of an instance's layers exists in this state."""
        layers = self.net.plan.frames[frame].layers
        return bool(layers) and not any(self.present[layer] for layer in layers)

    def _run(self, index: int, position: int) -> None:
        if not self.present[index]:
            return
        layer = self.net.layers[index]
        if layer.type == INPUT:
            self._declare(index)
            return
        bottoms = tuple(
            self._find(name, position, ("net", "layers", index, "bottom", place))
            for place, name in enumerate(self.names.bottoms[index])
        )
        names = enumerate(self.names.tops(index))
        tops = tuple(Value(name, index, place) for place, name in names)
        if layer.type in self.wirer.layers:
            reads = tuple(self._flat_name(value) for value in bottoms)
            self.nodes.append(Node(index, layer, bottoms, tops, reads))
        for top in tops:
            self._give(top.blob, top)
        self.own.update((OWN_OUTPUT + layer.name, top) for top in tops[:1])

    def _find(self, name: str, position: int, path: Path) -> Value:
        """Return what a name means in the innermost frame; a value from nothing, and an error,
        where it means nothing."""
        sight = self.sights[-1]
        room = sight.room
        if name.startswith(OWN_OUTPUT):
            full = OWN_OUTPUT + room.frame.full(name.removeprefix(OWN_OUTPUT))
            value = self.own.get(full)
        else:
            full = name
            value = sight.blobs.get(name)
        if value is not None:
            return value
        if not room.hides(name.removeprefix(OWN_OUTPUT)):
            why, hint = self._why(full, name, position)
            self.errors.append(PathError("PN023", path, why, hint=hint))
        return Value(name, FROM_NOTHING)

    def _why(self, full: str, name: str, position: int) -> tuple[str, str]:
        if not name.startswith(OWN_OUTPUT):
            return self.sights[-1].room.why(name, position, self.state.phase)
        layer = full.removeprefix(OWN_OUTPUT)
        for index, other in enumerate(self.net.layers):
            if other.name == layer and self.names.tops(index):
                if Run(index) in self.net.plan.steps[:position]:
                    only = ", ".join(self.wirer.phases(index)) or "other stages or levels"
                    why = f"the blob {name} does not exist in phase {self.state.phase}"
                    return why, f"layer {layer} gives it in phase {only} only"
                hint = "layers run in the order of the file: move one of them"
                return f"the blob {name} is made only below, by layer {layer}", hint
        known = (own.removeprefix(OWN_OUTPUT) for own in self.own)
        return f"no layer above is named {layer}", suggestion(layer, known)

    def _flat_name(self, value: Value) -> str:
        """Return the name that means a value at this point of a net without frames."""
        if self.sights[0].blobs.get(value.blob) == value:
            return value.blob
        return next((name for name, own in self.own.items() if own == value), value.blob)

    def _give(self, full: str, value: Value) -> None:
        """Give a blob its name in the innermost frame, and in all around it."""
        for sight in self.sights:
            sight.blobs[sight.room.frame.local(full)] = value

    def _declare(self, index: int) -> None:
        """Add the inputs that an Input layer stands for."""
        layer, names = self.net.layers[index], self.names.tops(index)
        if layer.params is None:  # its own keys are wrong, and its shapes unknown
            for name in names:
                self._give(name, Value(name, FROM_NOTHING))
            return
        shapes = [tuple(shape) for shape in layer.params.shapes()]
        shapes = shapes * len(names) if len(shapes) == 1 else shapes
        for name, shape in zip(names, shapes, strict=False):
            spec = InputSpec(shape=shape, batch=False, dtype=layer.params.dtype)
            self.inputs[name] = (Value(name), spec)
            self._give(name, Value(name))

    def _enter(self, index: int, position: int) -> None:
        frame, around = self.net.plan.frames[index], self.sights[-1]
        inside = _Sight(self.names.rooms[index])
        for place, (inner, outer) in enumerate(self.names.frame_bottoms[index]):
            is_made = outer in around.room.made or outer.startswith(OWN_OUTPUT)
            if frame.layers or not is_made:
                path = ("net", "frames", index, "bottom", place)
                inside.blobs[inner] = self._find(outer, position, path)
            elif outer in around.blobs:
                inside.blobs[inner] = around.blobs[outer]
        self.sights.append(inside)

    def _leave(self, index: int) -> None:
        frame, inside = self.net.plan.frames[index], self.sights.pop()
        around = self.sights[-1].room.frame
        for inner, outer in frame.tops:
            full = around.full(outer)
            if inner in inside.blobs:
                self._give(full, inside.blobs[inner])
            elif not frame.is_known or inner not in inside.room.made:
                self._give(full, Value(full, FROM_NOTHING))
