"""A net as it is wired: values, and the layers that read and give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from protonet.errors import PathError
from protonet.language import Loop
from protonet.spec.layer import LayerSpec
from protonet.spec.net import InputSpec
from protonet.spec.own_names import OWN_INPUT, own_output
from protonet.spec.state import State

INPUT = "Input"
"""The layer type that is an input of the net."""
FROM_INPUTS, FROM_NOTHING = -1, -2
"""Stand for the layer of a value that an input gives, and of one that is missing."""


FlatNames = tuple[str, ...]
"""Names that mean one value in a net without blocks."""


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
    """A layer in a wired net.

    Attributes:
        index: its position in the spec's list.
        layer: its keys.
        bottoms, tops: the values that it reads and gives.
        reads: for each bottom, the names that mean it in a net without blocks, the plainest first.
        body: what a recurrent layer does in each step.
    """

    index: int
    layer: LayerSpec
    bottoms: tuple[Value, ...]
    tops: tuple[Value, ...]
    reads: tuple[FlatNames, ...] = ()
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """One step of a recurrent layer: a net whose values are its own.

    Attributes:
        loop: how the steps hang together.
        inputs: the block's bottoms, by their names inside.
        nodes: the layers, in order.
        tops: what is stacked along the axis, in the order of the recurrent layer's first tops.
        carried: what the next step gets, in the order of `loop.carry`.
        top_names, carried_names: what means these in a step without blocks, the plainest first.
    """

    loop: Loop
    inputs: Mapping[str, Value]
    nodes: tuple[Node, ...]
    tops: tuple[Value, ...]
    carried: tuple[Value, ...]
    top_names: tuple[FlatNames, ...]
    carried_names: tuple[FlatNames, ...]

    def taken(self) -> frozenset[Value]:
        """Return the values of a step that are seen after it."""
        return frozenset((*self.tops, *self.carried))


@dataclass(frozen=True, slots=True)
class Wiring:
    """A net in one phase.

    Attributes:
        state: what it is built for.
        inputs: what is fed, by name.
        nodes: the layers, in order.
        blobs: the last value of every blob, by name.
        errors: what is missing.
        titles: names of values that are called otherwise than their blobs: declared outputs.
    """

    state: State
    inputs: Mapping[str, tuple[Value, InputSpec]]
    nodes: tuple[Node, ...]
    blobs: Mapping[str, Value]
    errors: tuple[PathError, ...] = ()
    titles: Mapping[Value, str] = field(default_factory=dict)

    def all_nodes(self) -> Iterator[Node]:
        """Yield every layer, those in the steps of recurrent layers too, each before the recurrent
        layer itself."""
        return all_nodes(self.nodes)

    def all_read(self) -> frozenset[Value]:
        """Return what some layer reads, and what is taken of the steps of recurrent layers."""
        nodes = [*self.all_nodes()]
        taken = (value for node in nodes if node.body for value in node.body.taken())
        return frozenset(bottom for node in nodes for bottom in node.bottoms).union(taken)

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
        second; and every input as it came in, `input:NAME`."""
        outputs = {
            own_output(node.layer.name, place): top
            for node in self.nodes
            for place, top in enumerate(node.tops)
        }
        return outputs | {OWN_INPUT + name: value for name, (value, _) in self.inputs.items()}

    def name_of(self, value: Value) -> str:
        """Return a value's blob name, or its `layer:NAME` or `input:NAME` where the blob's name has
        come to mean another value."""
        if value in self.titles:
            return self.titles[value]
        if self.blobs.get(value.blob) == value:
            return value.blob
        return next(name for name, own in self.own_outputs().items() if own == value)


def all_nodes(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield layers, those in the steps of recurrent ones too, each before the recurrent one."""
    for node in nodes:
        if node.body is not None:
            yield from all_nodes(node.body.nodes)
        yield node
