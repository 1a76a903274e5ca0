"""Which layer reads what: the language's rules for bottoms and tops, without shapes and without
torch.

A name means the last value given to it above (Caffe's in-place layers give a new value to an old
name); `layer:NAME` means that layer's own output. Each phase is wired for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from protonet.errors import PathError
from protonet.layers.record import LayerType
from protonet.records import suggestion
from protonet.spec.layer import LayerSpec
from protonet.spec.net import InputSpec, NetSpec
from protonet.spec.state import State

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
    """A layer in a wired net, with the values it reads and gives."""

    index: int
    layer: LayerSpec
    bottoms: tuple[Value, ...]
    tops: tuple[Value, ...]


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
    """What a layer can see of those above it, in one phase."""

    inputs: dict[str, tuple[Value, InputSpec]]
    blobs: dict[str, Value]
    own: dict[str, Value] = field(default_factory=dict)

    def find(self, name: str) -> Value | None:
        """Return the value that a bottom of this name means."""
        return self.own.get(name) if name.startswith(OWN_OUTPUT) else self.blobs.get(name)


class Wirer:
    """Wires one net phase by phase.

    Args:
        net: the net. Layers whose type or own keys are wrong take part as far as they can.
        layers: the table of layer types.

    Attributes:
        errors: what is wrong in every phase alike.
    """

    def __init__(self, net: NetSpec, layers: Mapping[str, LayerType]) -> None:
        self.net, self.layers = net, layers
        self.errors: list[PathError] = []
        self.bottoms = [self._bottoms(index) for index in range(len(net.layers))]

    def wire(self, state: State) -> Wiring:
        """Return the net in this state; a bottom that is missing stands as a value from nothing."""
        given = {name: (Value(name), spec) for name, spec in self.net.inputs.items()}
        sight = _Sight(given, {name: value for name, (value, _) in given.items()})
        nodes: list[Node] = []
        errors: list[PathError] = []
        for index, layer in self._present(state):
            if layer.type == INPUT:
                self._declare(index, sight)
                continue
            bottoms = tuple(sight.find(name) for name in self.bottoms[index])
            errors += self._missing(index, bottoms, sight, state)
            tops = tuple(Value(name, index, place) for place, name in enumerate(self.tops(index)))
            if layer.type in self.layers:
                found = zip(bottoms, self.bottoms[index], strict=True)
                values = tuple(value or Value(name, FROM_NOTHING) for value, name in found)
                nodes.append(Node(index, layer, values, tops))
            sight.blobs.update((top.blob, top) for top in tops)
            sight.own.update((OWN_OUTPUT + layer.name, top) for top in tops[:1])
        return Wiring(state, sight.inputs, tuple(nodes), sight.blobs, tuple(errors))

    def _present(self, state: State) -> Iterator[tuple[int, LayerSpec]]:
        return ((i, layer) for i, layer in enumerate(self.net.layers) if layer.exists_in(state))

    def _declare(self, index: int, sight: _Sight) -> None:
        """Add the inputs that an Input layer stands for."""
        layer, names = self.net.layers[index], self.tops(index)
        if layer.params is None:  # its own keys are wrong, and its shapes unknown
            sight.blobs.update((name, Value(name, FROM_NOTHING)) for name in names)
            return
        shapes = [tuple(shape) for shape in layer.params.shapes()]
        shapes = shapes * len(names) if len(shapes) == 1 else shapes
        for name, shape in zip(names, shapes, strict=False):
            spec = InputSpec(shape=shape, batch=False, dtype=layer.params.dtype)
            sight.inputs[name] = (Value(name), spec)
            sight.blobs[name] = Value(name)

    def tops(self, index: int) -> tuple[str, ...]:
        """Return the names of a layer's tops, written or not."""
        layer = self.net.layers[index]
        if layer.top is not None:
            return layer.top
        kind = self.layers.get(layer.type)
        return () if kind and kind.tops.most == 0 else (layer.name,)

    def phases(self, index: int) -> tuple[str, ...]:
        """Return the phases in which a layer exists, at the net's own level and stages."""
        state = self.net.state
        return self.net.layers[index].phases(state.level, frozenset(state.stage))

    def _bottoms(self, index: int) -> tuple[str, ...]:
        """Return the names of a layer's bottoms, the chained one where none is written."""
        layer, kind = self.net.layers[index], self.layers.get(self.net.layers[index].type)
        if layer.bottom is not None or kind is None or not kind.bottoms.admits(1):
            return layer.bottom or ()
        chained = self._chained(index)
        if chained is not None:
            return (chained,)
        why, hint = "there is nothing above to read", "give the net inputs: {data: [3, 224, 224]}"
        self.errors.append(PathError("PN023", ("net", "layers", index, "bottom"), why, hint=hint))
        return ()

    def _chained(self, index: int) -> str | None:
        """Return the first top of the nearest layer above that exists in every phase of this one
        and is no loss or metric; else the first input."""
        phases = set(self.phases(index))
        for above in range(index - 1, -1, -1):
            kind, tops = self.layers.get(self.net.layers[above].type), self.tops(above)
            is_plain = kind is None or kind.kind == "layer"
            if tops and is_plain and phases <= set(self.phases(above)):
                return tops[0]
        return next(iter(self.net.inputs), None)

    def _missing(
        self, index: int, bottoms: Iterable[Value | None], sight: _Sight, state: State
    ) -> Iterator[PathError]:
        """Yield why a name means nothing here."""
        for place, value in enumerate(bottoms):
            if value is None:
                why, hint = self._why(index, self.bottoms[index][place], sight, state)
                yield PathError("PN023", ("net", "layers", index, "bottom", place), why, hint=hint)

    def _why(self, index: int, name: str, sight: _Sight, state: State) -> tuple[str, str]:
        makers = [other for other in range(len(self.net.layers)) if self._makes(other, name)]
        above = [other for other in makers if other < index]
        below = [other for other in makers if other >= index]
        if above:
            maker, phases = self.net.layers[above[-1]].name, ", ".join(self.phases(above[-1]))
            only = f"in phase {phases} only" if phases else "in other stages or levels only"
            return (
                f"the blob {name} does not exist in phase {state.phase}",
                f"layer {maker} gives it {only}",
            )
        if below:
            maker = self.net.layers[below[0]].name
            hint = "layers run in the order of the file: move one of them"
            return f"the blob {name} is made only below, by layer {maker}", hint
        if name.startswith(OWN_OUTPUT):
            layer = name.removeprefix(OWN_OUTPUT)
            names = (own.removeprefix(OWN_OUTPUT) for own in sight.own)
            return f"no layer above is named {layer}", suggestion(layer, names)
        return f"no input or layer above gives a blob {name}", suggestion(name, sight.blobs)

    def _makes(self, index: int, name: str) -> bool:
        if name.startswith(OWN_OUTPUT):
            return OWN_OUTPUT + self.net.layers[index].name == name and bool(self.tops(index))
        return name in self.tops(index)
