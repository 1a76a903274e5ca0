"""Which layer reads what: the language's rules for bottoms and tops, without shapes and without
torch.

A name means the last value given to it above (Caffe's in-place layers give a new value to an old
name); `layer:NAME` means that layer's own output, `input:NAME` an input as it came in. Each phase
is wired for itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from protonet.errors import Path, PathError
from protonet.language import Enter, Frame, Leave, Loop, Run
from protonet.layers.record import LayerType
from protonet.records import suggestion
from protonet.spec.grounds import Ground, Sight, find_own, why_no_input, why_no_top
from protonet.spec.layer import LayerSpec
from protonet.spec.names import Names
from protonet.spec.net import InputSpec, NetSpec
from protonet.spec.nodes import (
    FROM_INPUTS,
    FROM_NOTHING,
    INPUT,
    Body,
    FlatNames,
    Node,
    Value,
    Wiring,
)
from protonet.spec.own_names import OWN_INPUT, bare, is_own, layer_and_top
from protonet.spec.state import PHASES, Phase, State

__all__ = [
    "FROM_INPUTS",
    "FROM_NOTHING",
    "INPUT",
    "Body",
    "Node",
    "Value",
    "Wirer",
    "Wiring",
]


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
        self._wirings: dict[State, Wiring] = {}

    def wire(self, state: State) -> Wiring:
        """Return the net in this state; a bottom that is missing stands as a value from nothing."""
        if state not in self._wirings:
            self._wirings[state] = _Walk(self, state).wiring()
        return self._wirings[state]

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
        self.bodies: dict[int, Body] = {}
        self.errors: list[PathError] = []
        self.sights = [Sight(self.names.root)]
        self.grounds = [Ground(self.sights[0])]
        self.grounds[0].begin({name: value for name, (value, _) in self.inputs.items()})
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
                case Enter(frame) if self._is_absent(frame):
                    skipped = Leave(frame)
                case Enter(frame):
                    self._enter(frame, position)
                case Leave(frame):
                    self._leave(frame, position)
        nodes, blobs = tuple(self.grounds[0].nodes), self.sights[0].blobs
        return Wiring(self.state, self.inputs, nodes, blobs, tuple(self.errors))

    def _is_absent(self, index: int) -> bool:
        """Return whether none of an instance's layers exists, or names are not given here."""
        frame = self.net.plan.frames[index]
        if not frame.layers:
            return not self.net.renames_in(index, self.state)
        return not any(self.present[layer] for layer in frame.layers)

    def _run(self, index: int, position: int) -> None:
        body, loop = self.bodies.get(index), self.names.loops.get(index)
        if not self.present[index] or (loop and body is None):
            return
        layer = self.net.layers[index]
        if layer.type == INPUT:
            self._declare(index)
            return
        bottoms = tuple(
            self._find(name, position, _place(index, place, loop))
            for place, name in enumerate(self.names.bottoms[index])
        )
        tops = tuple(Value(top, index, place) for place, top in enumerate(self.names.tops(index)))
        if layer.type in self.wirer.layers:
            reads = tuple(self._flat_names(value) for value in bottoms)
            self.grounds[-1].nodes.append(Node(index, layer, bottoms, tops, reads, body))
        for top in tops:
            self._give(top.blob, top)
        self.grounds[-1].give(layer.name, tops)

    def _find(self, name: str, position: int, path: Path) -> Value:
        """Return what a name means in the innermost frame; a value from nothing, and an error,
        where it means nothing."""
        value = self._seen(name)
        if value is not None:
            return value
        if not self.sights[-1].room.hides(bare(name)):
            why, hint = self._why(name, position)
            self.errors.append(PathError("PN023", path, why, hint=hint))
        return Value(name, FROM_NOTHING)

    def _seen(self, name: str) -> Value | None:
        """Return what a name means in the innermost frame; None where it means nothing."""
        sight = self.sights[-1]
        return find_own(name, sight, self.grounds[-1]) if is_own(name) else sight.blobs.get(name)

    def _why(self, name: str, position: int) -> tuple[str, str]:
        room = self.sights[-1].room
        if name.startswith(OWN_INPUT):
            return why_no_input(name, self.sights[-1])
        layer = bare(name)
        if not is_own(name) or any(layer.startswith(f"{loop}/") for loop in room.loops):
            return room.why(layer, position, self.state.phase)
        return _why_no_output(self, room.frame.full(layer_and_top(name)[0]), name, position)

    def _flat_names(self, value: Value) -> FlatNames:
        """Return what means a value at this point of a net, or a step, without frames."""
        layer = self.net.layers[value.layer].name if value.layer >= 0 else ""
        return self.grounds[-1].names(value, layer)

    def _give(self, full: str, value: Value) -> None:
        """Give a blob its name in the innermost frame, and in those around it; what a step gives
        has none outside."""
        for sight in self.sights[self.grounds[-1].place :]:
            sight.blobs[sight.room.frame.local(full)] = value

    def _declare(self, index: int) -> None:
        """Add the inputs that an Input layer stands for."""
        names = self.names.tops(index)
        specs = _declared(self.net.layers[index], len(names))
        for name, spec in zip(names, specs, strict=False):
            value = Value(name, FROM_NOTHING if spec is None else FROM_INPUTS)
            if spec is not None:
                self.inputs[name] = (value, spec)
            self._give(name, value)
            self.grounds[0].begin({name: value})

    def _enter(self, index: int, position: int) -> None:
        frame, around = self.net.plan.frames[index], self.sights[-1]
        inside = Sight(self.names.rooms[index])
        if frame.loop is not None:
            self.grounds.append(Ground(inside, len(self.sights)))
            self.grounds[-1].begin({name: Value(name) for name, _ in frame.bottoms})
        for place, (inner, outer) in enumerate(self.names.frame_bottoms[index]):
            is_made = outer in around.room.made or is_own(outer)
            if frame.layers or not is_made:
                path = ("net", "frames", index, "bottom", place)
                inside.begin({inner: self._find(outer, position, path)})
            elif (value := self._seen(outer)) is not None:
                inside.begin({inner: value})
        self.sights.append(inside)

    def _leave(self, index: int, position: int) -> None:
        frame, inside = self.net.plan.frames[index], self.sights[-1]
        if (loop := frame.loop) is not None:
            found = self._asked(frame, loop, position)
            self.bodies[loop.layer] = _body(frame, loop, self.grounds.pop().nodes, found)
        self.sights.pop()
        around = self.sights[-1].room.frame
        for inner, outer in frame.tops if frame.loop is None else ():
            full = around.full(outer)
            if inner in inside.blobs:
                self._give(full, inside.blobs[inner])
            elif not frame.is_known or inner not in inside.room.made:
                self._give(full, Value(full, FROM_NOTHING))

    def _asked(self, frame: Frame, loop: Loop, position: int) -> dict[str, tuple[Value, FlatNames]]:
        """Return what the names mean, at the end of a step, that are stacked or carried on, each
        with its names without frames."""
        keys: dict[str, Path] = {inner: ("block",) for inner, _ in frame.tops}
        keys |= {carried.source: ("carry", carried.bottom) for carried in loop.carry}
        made, found = self.sights[-1].room.made, {}
        for name, key in keys.items():
            path = ("net", "layers", loop.layer, *key)
            is_told = name not in made  # of all phases together
            value = Value(name, FROM_NOTHING) if is_told else self._find(name, position, path)
            found[name] = value, self._flat_names(value)
        return found


def _body(
    frame: Frame, loop: Loop, nodes: list[Node], found: Mapping[str, tuple[Value, FlatNames]]
) -> Body:
    """Return what a step of a recurrent layer does."""
    inputs = {name: Value(name) for name, _ in frame.bottoms}
    tops = [found[inner] for inner, _ in frame.tops]
    carried = [found[one.source] for one in loop.carry]
    (values, names), (next_values, next_names) = _apart(tops), _apart(carried)
    return Body(loop, inputs, tuple(nodes), values, next_values, names, next_names)


def _apart(
    pairs: Sequence[tuple[Value, FlatNames]],
) -> tuple[tuple[Value, ...], tuple[FlatNames, ...]]:
    return tuple(value for value, _ in pairs), tuple(name for _, name in pairs)


def _declared(layer: LayerSpec, tops: int) -> Sequence[InputSpec | None]:
    """Return the inputs that an Input layer stands for; None for each where its own keys are wrong,
    so that its shapes are unknown."""
    if layer.params is None:
        return [None] * tops
    shapes = [tuple(shape) for shape in layer.params.shapes()]
    shapes = shapes * tops if len(shapes) == 1 else shapes
    dtype = layer.params.dtype
    return [InputSpec(shape=shape, batch=False, dtype=dtype) for shape in shapes]


def _why_no_output(walk: _Walk, layer: str, name: str, position: int) -> tuple[str, str]:
    """Return why a layer has no output of its own to be read, and what would be right."""
    ground = walk.grounds[-1]
    if (found := why_no_top(name, ground, layer)) is not None:
        return found
    index, place = walk.names.ran.get(layer, (-1, -1))
    if 0 <= place < position:
        only = ", ".join(walk.wirer.phases(index)) or "other stages or levels"
        why = f"the blob {name} does not exist in phase {walk.state.phase}"
        return why, f"layer {layer} gives it in phase {only} only"
    if place >= position:
        hint = "layers run in the order of the file: move one of them"
        return f"the blob {name} is made only below, by layer {layer}", hint
    return f"no layer above is named {layer}", suggestion(layer, ground.layers())


def _place(index: int, place: int, loop: Loop | None) -> Path:
    """Return where a layer's bottom is named."""
    return ("net", "layers", index, *(("bottom", place) if loop is None else loop.key(place)))
