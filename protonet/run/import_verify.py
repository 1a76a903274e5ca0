"""An imported net held against OpenCV's dnn, layer by layer, on pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from protonet.caffe.text_format import Message
from protonet.caffe.writing.for_opencv import Place, opencv_net
from protonet.caffe.writing.text import text_of
from protonet.errors import VerifyError
from protonet.look.table import table
from protonet.net import Net
from protonet.protobuf.arrays import Array
from protonet.run.import_detections import paired
from protonet.run.opencv import NotInOpenCVError, layer_outputs
from protonet.spec.nodes import Node, Value

TOLERANCE = 1e-4
"""Largest difference of a layer, as a share of its largest magnitude."""

_HEAD = ("layer", "type", "difference", "")
_BELOW = "reads what OpenCV has not"

Batch = Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Standing:
    """A layer in a prototxt.

    Attributes:
        place: where it stands.
        name: its name there.
        top: its first top there.
    """

    place: Place
    name: str
    top: str


@dataclass(frozen=True, slots=True)
class Source:
    """A net as its files have it.

    Attributes:
        prototxt: as it was parsed.
        weights: the caffemodel.
        layers: by the names of ours, what they are there.
    """

    prototxt: Message
    weights: bytes
    layers: Mapping[str, Standing]


@dataclass(slots=True)
class Comparison:
    """What is known of a comparison so far.

    Attributes:
        nodes: the layers that can be compared, in order.
        largest: by layer, the largest difference, as a share of its largest magnitude.
        lacking: by layer, why OpenCV has not its numbers.
    """

    nodes: Sequence[Node]
    largest: dict[str, float] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)

    def alive(self) -> list[Node]:
        """Return the layers that OpenCV can run, as far as is known."""
        return [node for node in self.nodes if node.layer.name not in self.lacking]

    def lose(self, guilty: Node, why: str) -> None:
        """Give up a layer, all of its type where that is why, and what reads them."""
        lost: set[Value] = set()
        for node in self.nodes:
            name = node.layer.name
            is_alike = node.layer.type == guilty.layer.type and "layer type" in why
            if node is guilty or is_alike:
                self.lacking[name] = why
            elif not lost.isdisjoint(node.bottoms):
                self.lacking.setdefault(name, _BELOW)
            if name in self.lacking:
                lost.update(node.tops)

    def lines(self, others: Iterable[str]) -> Iterator[str]:
        """Yield a table, and what it comes to.

        Args:
            others: layers of the net that no layer of the prototxt is.
        """
        yield from table([_HEAD, *map(self._row, self.nodes)])
        for name in others:
            yield f"{name} stands in no file, and is not compared"
        worst = max(self.largest, key=lambda name: self.largest[name], default=None)
        count = f"{len(self.largest)} of {len(self.nodes)} layers compared"
        most = f", at most {self.largest[worst]:.2g} apart ({worst})" if worst else ""
        yield f"{count}{most}"

    def _row(self, node: Node) -> tuple[str, str, str, str]:
        name = node.layer.name
        if name in self.lacking:
            return name, node.layer.type, "", self.lacking[name]
        apart = self.largest[name]
        return name, node.layer.type, f"{apart:.2g}", "" if apart <= TOLERANCE else "DIFFERS"

    def check(self) -> None:
        """Refuse differences that are no rounding.

        Raises: VerifyError.
        """
        wrong = {name: apart for name, apart in self.largest.items() if not apart <= TOLERANCE}
        if not self.largest:
            raise VerifyError("--verify: OpenCV can run none of the layers; nothing was written")
        if wrong:
            first, apart = next(iter(wrong.items()))
            many = f"{len(wrong)} layers differ" if len(wrong) > 1 else "a layer differs"
            by = f"by {apart:.2g} of its largest magnitude; {TOLERANCE:g} is allowed"
            if math.isinf(apart):
                by = "in how many numbers it gives, or in which of them are finite"
            raise VerifyError(
                f"--verify: {many} from OpenCV's, first {first}, {by}; nothing was written"
            )


def compared(net: Net, source: Source, batches: Iterable[Batch]) -> Comparison:
    """Run a net and OpenCV's on the same batches.

    Args:
        net: ours, in phase deploy.
        source: its files.
        batches: what both are fed, by input.
    """
    known = source.layers
    nodes = [node for node in net.wiring.nodes if node.tops and node.layer.name in known]
    made = Comparison(nodes)
    for batch in batches:
        theirs = _theirs(made, source, batch)
        ours = _ours(net, made.alive(), batch)
        for node in made.alive():
            name = node.layer.name
            compare = _detections_apart if node.layer.type == "DetectionOutput" else _apart
            apart = max(map(compare, ours[name], theirs[name]), default=math.inf)
            made.largest[name] = max(apart, made.largest.get(name, 0.0))
    made.largest = {name: made.largest[name] for name in made.largest if name not in made.lacking}
    return made


def _theirs(made: Comparison, source: Source, batch: Batch) -> dict[str, list[Array]]:
    """Return OpenCV's numbers of every layer that it can run; note those that it cannot."""
    while alive := made.alive():
        try:
            return _run(alive, source, batch)
        except NotInOpenCVError as error:
            names = {source.layers[node.layer.name].name: node for node in alive}
            guilty = names.get(error.layer) or _first_refused(alive, source, batch)
            made.lose(guilty, error.why)
    return {}


def _run(nodes: Sequence[Node], source: Source, batch: Batch) -> dict[str, list[Array]]:
    found = {node.layer.name: source.layers[node.layer.name] for node in nodes}
    shapes = {name: tuple(array.shape) for name, array in batch.items()}
    net = opencv_net(source.prototxt, {one.place for one in found.values()}, shapes)
    tops = {one.name: one.top for one in found.values()}
    outputs = layer_outputs(text_of(net), source.weights, tops, batch)
    return dict(zip(found, outputs, strict=True))


def _first_refused(nodes: Sequence[Node], source: Source, batch: Batch) -> Node:
    """Return the first layer with which a net cannot be run; with all of them it cannot."""
    least, most = 0, len(nodes)
    while least + 1 < most:
        middle = (least + most) // 2
        try:
            _run(nodes[:middle], source, batch)
            least = middle
        except NotInOpenCVError:
            most = middle
    return nodes[most - 1]


def _ours(net: Net, nodes: Sequence[Node], batch: Batch) -> dict[str, list[Array]]:
    values = {f"{node.index}/{place}": top for node in nodes for place, top in enumerate(node.tops)}
    graph = net.giving_values(values, acting=False)
    fed = (
        torch.from_numpy(np.array(batch[name])).to(getattr(torch, spec.dtype))
        for name, spec in net.input_specs.items()
    )
    with torch.no_grad():
        found = graph(*fed)
    return {
        node.layer.name: [found[f"{node.index}/{place}"].numpy() for place in range(len(node.tops))]
        for node in nodes
    }


def _detections_apart(ours: Array, theirs: Array) -> float:
    """Return the difference of what two detectors found, which is infinite if one found more."""
    pair = paired(ours, theirs)
    return _apart(*pair) if pair is not None else math.inf


def _apart(ours: Array, theirs: Array) -> float:
    """Return the largest difference of two arrays, as a share of the largest magnitude."""
    if ours.size != theirs.size:
        return math.inf
    one, two = ours.astype(np.float64).reshape(-1), theirs.astype(np.float64).reshape(-1)
    same = (one == two) | (np.isnan(one) & np.isnan(two))
    with np.errstate(invalid="ignore"):  # inf - inf, which is not the same either
        apart = np.nan_to_num(np.where(same, 0.0, np.abs(one - two)), nan=np.inf)
    scale = np.abs(one, where=np.isfinite(one), out=np.zeros_like(one)).max(initial=0.0)
    return float(apart.max(initial=0.0) / (scale or 1.0))
