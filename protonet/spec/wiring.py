"""Which layer reads what: the language's rules for bottoms and tops, without shapes and without
torch.

A name means the last value given to it above (Caffe's in-place layers give a new value to an old
name); `layer:NAME` means that layer's own output. Each phase is wired for itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from protonet.errors import PathError
from protonet.layers.record import LayerType
from protonet.records import suggestion
from protonet.spec.layer import LayerSpec
from protonet.spec.net import InputSpec, NetSpec
from protonet.spec.state import PHASES, State

OWN_OUTPUT = "layer:"
"""Prefix of a bottom that means a layer's own output, whatever its blob's name means later."""
INPUT = "Input"
"""The layer type that is an input of the net."""


@dataclass(frozen=True, slots=True)
class Value:
    """One tensor of a wired net: the blob name it was given, and which layer gave it as which top.

    `layer` is a position in the spec's list, -1 for an input of the net.
    """

    blob: str
    layer: int = -1
    top: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """A layer in a wired net, with the values it reads and gives."""

    index: int
    layer: LayerSpec
    bottoms: tuple[Value, ...]
    tops: tuple[Value, ...]

    @property
    def loss_weights(self) -> tuple[float, ...]:
        """Weight of each top in what is minimised, as written; short or empty where nothing is
        written."""
        return self.layer.loss_weight or ()


@dataclass(frozen=True, slots=True)
class Wiring:
    """A net in one phase: inputs by name, layers in order, and the last value of every blob."""

    state: State
    inputs: Mapping[str, tuple[Value, InputSpec]]
    nodes: tuple[Node, ...]
    blobs: Mapping[str, Value]

    def read_inputs(self) -> dict[str, InputSpec]:
        """Return the inputs that some layer reads, in order: what has to be fed."""
        read = {bottom for node in self.nodes for bottom in node.bottoms}
        return {name: spec for name, (value, spec) in self.inputs.items() if value in read}

    def unread(self) -> tuple[Value, ...]:
        """Return the tops that no layer reads, in order: the outputs of the net."""
        read = {bottom for node in self.nodes for bottom in node.bottoms}
        return tuple(top for node in self.nodes for top in node.tops if top not in read)


def all_inputs(net: NetSpec) -> dict[str, InputSpec]:
    """Return the net's inputs, those declared by Input layers included."""
    inputs = dict(net.inputs)
    for layer in net.layers:
        if layer.type == INPUT and layer.params is not None:
            for name, shape in zip(layer.top or (layer.name,), layer.params.shapes(), strict=False):
                inputs[name] = InputSpec(shape=tuple(shape), batch=False, dtype=layer.params.dtype)
    return inputs


class Wirer:
    """Wires one net phase by phase and collects what is wrong.

    Args:
        net: the net.
        layers: the table of layer types.
    """

    def __init__(self, net: NetSpec, layers: Mapping[str, LayerType]) -> None:
        self.net, self.layers = net, layers
        self.inputs = all_inputs(net)
        self.errors: list[PathError] = []
        self._reported: set[tuple[int, int]] = set()
        self.bottoms = [self._bottoms(index) for index in range(len(net.layers))]

    def wire(self, state: State) -> Wiring:
        """Return the net in this state; bottoms that are missing are left out and added to
        `errors`."""
        inputs = {name: (Value(name), spec) for name, spec in self.inputs.items()}
        blobs: dict[str, Value] = {name: value for name, (value, _) in inputs.items()}
        own: dict[str, Value] = {}
        nodes = []
        for index, layer in self._present(state):
            bottoms = self._resolve(index, {**blobs, **own}, state)
            tops = tuple(Value(name, index, place) for place, name in enumerate(self.tops(index)))
            nodes.append(Node(index, layer, bottoms, tops))
            blobs.update((top.blob, top) for top in tops)
            own.update((OWN_OUTPUT + layer.name, top) for top in tops[:1])
        return Wiring(state, inputs, tuple(nodes), blobs)

    def _present(self, state: State) -> Iterator[tuple[int, LayerSpec]]:
        for index, layer in enumerate(self.net.layers):
            if layer.exists_in(state) and layer.type in self.layers and layer.type != INPUT:
                yield index, layer

    def tops(self, index: int) -> tuple[str, ...]:
        """Return the names of a layer's tops, written or not."""
        layer = self.net.layers[index]
        if layer.top is not None:
            return layer.top
        kind = self.layers.get(layer.type)
        return () if kind and kind.tops.most == 0 else (layer.name,)

    def _bottoms(self, index: int) -> tuple[str, ...]:
        """Return the names of a layer's bottoms, the chained one where none is written."""
        layer, kind = self.net.layers[index], self.layers.get(self.net.layers[index].type)
        if layer.bottom is not None or kind is None or kind.bottoms.most == 0:
            return layer.bottom or ()
        if not kind.bottoms.admits(1):
            return ()
        chained = self._chained(index)
        if chained is None:
            self._error(
                "PN023",
                index,
                "bottom",
                "there is nothing above to read",
                hint="write bottom: or net.inputs",
            )
            return ()
        return (chained,)

    def _chained(self, index: int) -> str | None:
        phases = set(self._phases(index))
        for above in range(index - 1, -1, -1):
            kind = self.layers.get(self.net.layers[above].type)
            plain = kind is not None and kind.kind == "layer" and kind.tops.most != 0
            if plain and phases <= set(self._phases(above)) and self.tops(above):
                return self.tops(above)[0]
        return next(iter(self.inputs), None)

    def _phases(self, index: int) -> tuple[str, ...]:
        state = self.net.state
        return self.net.layers[index].phases(state.level, frozenset(state.stage))

    def _resolve(self, index: int, known: Mapping[str, Value], state: State) -> tuple[Value, ...]:
        found = []
        for place, name in enumerate(self.bottoms[index]):
            if name in known:
                found.append(known[name])
            elif (index, place) not in self._reported:
                self._reported.add((index, place))
                self._missing(index, place, known, state)
        return tuple(found)

    def _missing(self, index: int, place: int, known: Mapping[str, Value], state: State) -> None:
        name = self.bottoms[index][place]
        makers = [other for other in range(len(self.net.layers)) if name in self.tops(other)]
        above = [self.net.layers[maker].name for maker in makers if maker < index]
        below = [self.net.layers[maker].name for maker in makers if maker > index]
        if above:
            why = f"the blob {name} does not exist in phase {state.phase}"
            hint = (
                f"layer {above[-1]} gives it in phase "
                f"{', '.join(self._phases(makers[len(above) - 1]))} only"
            )
        elif below:
            why = f"the blob {name} is made only below, by layer {below[0]}"
            hint = "layers run in the order of the file: move one of them"
        else:
            why = f"no input or layer above gives a blob {name}"
            hint = suggestion(
                name, (known_name for known_name in known if not known_name.startswith(OWN_OUTPUT))
            )
        self.errors.append(
            PathError("PN023", ("net", "layers", index, "bottom", place), why, hint=hint)
        )

    def _error(self, code: str, index: int, key: str, why: str, hint: str = "") -> None:
        self.errors.append(PathError(code, ("net", "layers", index, key), why, hint=hint))


def check_wiring(net: NetSpec, layers: Mapping[str, LayerType]) -> list[PathError]:
    """Return everything wrong in how the layers of a net are named and joined, in all phases.

    The deploy net is derived, and so checked where it is built; train and test are checked here.
    """
    wirer = Wirer(net, layers)
    for phase in PHASES[:2]:
        wirer.wire(net.net_state(phase))
    return [*wirer.errors, *_arity_errors(wirer), *_name_errors(net), *_target_count_errors(net)]


def _arity_errors(wirer: Wirer) -> Iterator[PathError]:
    for index, layer in enumerate(wirer.net.layers):
        kind = wirer.layers.get(layer.type)
        if kind is None or layer.type == INPUT:
            continue
        got, place = wirer.bottoms[index], ("net", "layers", index)
        chained = any(error.path[:3] == place for error in wirer.errors)
        if not kind.bottoms.admits(len(got)) and not chained:
            why = (
                f"{layer.type} reads {kind.bottoms} "
                f"bottom{'' if str(kind.bottoms) == '1' else 's'}, here {len(got)}"
            )
            hint = "" if layer.bottom else "write bottom: [...]"
            yield PathError(
                "PN024",
                (*place, "bottom") if layer.bottom else place,
                why,
                got=", ".join(got),
                hint=hint,
            )
        tops = wirer.tops(index)
        if not kind.tops.admits(len(tops)):
            why = (
                f"{layer.type} gives {kind.tops} top{'' if str(kind.tops) == '1' else 's'}, here "
                f"{len(tops)}"
            )
            yield PathError(
                "PN025", (*place, "top") if layer.top else place, why, got=", ".join(tops)
            )


def _name_errors(net: NetSpec) -> Iterator[PathError]:
    first: dict[tuple[str, str], int] = {}
    reported: set[int] = set()
    for index, layer in enumerate(net.layers):
        for phase in layer.phases(net.state.level, frozenset(net.state.stage)):
            known = first.setdefault((layer.name, phase), index)
            if known != index and index not in reported:
                reported.add(index)
                why = f"the name {layer.name} is taken by a layer above, in phase {phase}"
                yield PathError(
                    "PN021",
                    ("net", "layers", index, "name"),
                    why,
                    hint="weights are stored by layer name",
                )


def _target_count_errors(net: NetSpec) -> Iterator[PathError]:
    """Yield what is wrong with lists that go with the bottoms or tops."""
    for index, layer in enumerate(net.layers):
        pairs: Sequence[tuple[str, Sequence[object] | None, Sequence[str] | None]] = (
            ("loss_weight", layer.loss_weight, layer.top or (layer.name,)),
            ("propagate_down", layer.propagate_down, layer.bottom),
        )
        for key, values, names in pairs:
            if values is not None and names is not None and len(values) > len(names):
                why = (
                    f"{len(values)} values for {len(names)} "
                    f"{'tops' if key == 'loss_weight' else 'bottoms'}"
                )
                yield PathError("PN013", ("net", "layers", index, key), why)
