"""Which layers run on which blobs: a wired net as Caffe lists it, with its Split layers.

Caffe gives every reader of a blob a copy with a gradient of its own, by a layer Split that it puts
in. A layer whose top has the name of its bottom works in place: the two are one blob.
Source: Caffe, insert_splits.cpp and net.cpp.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from protonet.layers.record import LayerType
from protonet.net.form import Form
from protonet.pycaffe.opening import Line
from protonet.spec.nodes import Node, Value

SPLIT = "Split"


@dataclass(frozen=True, slots=True)
class Stage:
    """One layer.

    Attributes:
        name, type: as Caffe lists it.
        bottoms, tops: places of blobs.
        node: position in the wiring; None where Caffe puts the layer in, or it gives inputs.
    """

    name: str
    type: str
    bottoms: tuple[int, ...]
    tops: tuple[int, ...]
    node: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A net as Caffe lists it.

    Attributes:
        stages: the layers, in order.
        names: of the blobs, by their places.
        values: what each blob is first, in the wiring; of a Split's top, what is split.
        weights: of each blob, what it counts in the loss.
    """

    stages: tuple[Stage, ...]
    names: tuple[str, ...]
    values: tuple[Value, ...]
    weights: tuple[float, ...]

    def outputs(self) -> list[str]:
        """Return the names of the blobs that no layer reads, sorted, as Caffe has them."""
        open_names: set[str] = set()
        for stage in self.stages:
            open_names.difference_update(self.names[place] for place in stage.bottoms)
            open_names.update(self.names[place] for place in stage.tops)
        return sorted(open_names)


def plan_of(lines: Sequence[Line], net: Form) -> Plan:
    """Return the plan of a net.

    Args:
        lines: every layer of the prototxt that is in the net.
        net: wired of those that are no inputs.
    """
    return _Planner(net).plan(lines)


@dataclass(slots=True)
class _Planner:
    net: Form
    names: list[str] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    places: dict[Value, int] = field(default_factory=dict)
    splits: dict[Value, list[int]] = field(default_factory=dict)

    def plan(self, lines: Sequence[Line]) -> Plan:
        nodes = iter(enumerate(self.net.wiring.nodes))
        readers = self._readers()
        stages: list[Stage] = []
        for line in lines:
            if line.kind == "layer":
                number, node = next(nodes)
                stage, tops = self._layer(line, number, node), node.tops
            else:
                tops = tuple(self.net.wiring.inputs[top][0] for top in line.tops)
                stage = Stage(line.name, line.type, (), tuple(map(self._new, tops)))
            stages.append(stage)
            for place, top in enumerate(tops):
                if readers[top] > 1:
                    stages.append(self._split(line.name, place, top, readers[top]))
        return Plan(tuple(stages), tuple(self.names), tuple(self.values), tuple(self.weights))

    def _readers(self) -> Counter[Value]:
        """Return how often each value is read; the loss, where a weight is written, reads it."""
        nodes = self.net.wiring.nodes
        readers = Counter(bottom for node in nodes for bottom in node.bottoms)
        for node in nodes:
            written = node.layer.loss_weight or ()
            readers.update(top for top, weight in zip(node.tops, written, strict=False) if weight)
        return readers

    def _layer(self, line: Line, number: int, node: Node) -> Stage:
        bottoms = tuple(map(self._read, node.bottoms))
        own = {self.names[place]: place for place in bottoms}
        tops: list[int] = []
        for value in node.tops:
            place = own.get(value.blob)
            if place is None:
                place = self._new(value)
            self.places[value] = place
            tops.append(place)
        for place, weight in zip(tops, _weights(node, self.net.layers), strict=False):
            self.weights[place] = weight
        return Stage(line.name, line.type, bottoms, tuple(tops), number)

    def _read(self, value: Value) -> int:
        """Return the blob to read a value from: the next copy, where it is split."""
        copies = self.splits.get(value)
        return copies.pop(0) if copies else self.places[value]

    def _split(self, layer: str, top: int, value: Value, readers: int) -> Stage:
        source, name = self.places[value], f"{value.blob}_{layer}_{top}_split"
        made = [self._new(value, f"{name}_{number}") for number in range(readers)]
        self.places[value] = source
        if self.weights[source]:  # the loss reads the first copy
            self.weights[made[0]], self.weights[source] = self.weights[source], 0.0
        self.splits[value] = made[1:] if self.weights[made[0]] else list(made)
        return Stage(name, SPLIT, (source,), tuple(made))

    def _new(self, value: Value, name: str = "") -> int:
        self.names.append(name or value.blob)
        self.values.append(value)
        self.weights.append(0.0)
        self.places[value] = len(self.names) - 1
        return self.places[value]


def _weights(node: Node, layers: Mapping[str, LayerType]) -> Iterator[float]:
    """Yield what each top counts in the loss; a loss without a written weight counts once."""
    if node.layer.loss_weight is not None:
        yield from node.layer.loss_weight
    elif layers[node.layer.type].kind == "loss":
        yield 1.0
