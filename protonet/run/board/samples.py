"""Samples of an evaluation set, with their classes and what a net takes them for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import fx

from protonet.data.reader import Batch
from protonet.net import Net
from protonet.records import ChannelOrder
from protonet.run.board.grid import Cell, grid, pixels_of, stretched
from protonet.run.board.png import BLACK, GREEN, RED, Colour, Picture, class_names
from protonet.run.sets import OpenSet
from protonet.spec.net import BATCH
from protonet.spec.wiring import Node

_MOST = 24
"""Samples that are shown."""
_DARK = 64
"""Bytes that are all below it, such as gray levels from 0 to 16, are stretched to be seen."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a classifier is asked.

    Attributes:
        scores, labels: names of the blobs: (N, classes) and (N), or as many axes of 1 more.
        classes: how many there are.
        is_softmax: whether the softmax of the scores are probabilities.
    """

    scores: str
    labels: str
    classes: int
    is_softmax: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """Samples, on the host.

    Attributes:
        images: (N, C, H, W), as stored, cropped and mirrored as the net sees them.
        channels: their order.
        answers: for each sample the class, what it is taken for, and the probability of that, nan
            where it is unknown; None where the net is no classifier.
    """

    images: npt.NDArray[np.generic]
    channels: ChannelOrder | None
    answers: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]] | None


class Samples:
    """Reads the same samples every time, evenly spread over a set that may be sorted by class.

    Args:
        opened: the set.
        net: the net in phase test.
    """

    def __init__(self, opened: OpenSet, net: Net) -> None:
        self._opened, self._net, self._question = opened, net, question(net)
        count = min(_count(opened, net), len(opened))
        self._rows = np.linspace(0, len(opened) - 1, count).astype(np.int64)
        self._graph: fx.GraphModule | None = None

    def read(self) -> Shown:
        """Read the samples, and ask the net; it waits for the device.

        Raises: DataError if the data are damaged.
        """
        images: list[npt.NDArray[np.generic]] = []
        answers: list[tuple[npt.NDArray[np.generic], ...]] = []
        with closing((feed := self._opened.chosen(self._net, self._rows)).reader):
            for batch in feed.reader:
                images.append(self._stored(batch))
                if self._question is not None:
                    answers.append(self._asked(feed.prepared(batch), self._question))
        columns = [np.concatenate(column)[:_MOST] for column in zip(*answers, strict=True)]
        return Shown(
            np.concatenate(images)[:_MOST],
            self._opened.first.channels,
            (columns[0], columns[1], columns[2]) if columns else None,
        )

    def picture(self, shown: Shown) -> Picture:
        """Draw samples, with what they are below them, and what the net takes them for."""
        images = shown.images
        if images.dtype == np.uint8 and images.max(initial=0) < _DARK:
            images = stretched(images)
        pixels = [pixels_of(image, channels=shown.channels) for image in images]
        if shown.answers is None or self._question is None:
            return grid([Cell(image) for image in pixels])
        names = class_names(self._opened.classes, self._question.classes)
        captions = _captions(shown.answers, names)
        return grid([Cell(*pair) for pair in zip(pixels, captions, strict=True)])

    def _stored(self, batch: Batch) -> npt.NDArray[np.generic]:
        stored: npt.NDArray[np.generic] = batch.arrays[str(self._opened.first.image)].numpy()
        return stored

    def _asked(
        self, batch: Sequence[torch.Tensor], asked: Question
    ) -> tuple[npt.NDArray[np.generic], ...]:
        if self._graph is None:
            self._graph = self._net.giving([asked.scores, asked.labels])
        with torch.no_grad():
            found = self._graph(*batch)
            scores = found[asked.scores].float().flatten(1)  # (N, classes)
            shares = scores.softmax(1) if asked.is_softmax else scores * torch.nan
            best = scores.argmax(1)
            share = shares.gather(1, best[:, None]).flatten()
            labels = found[asked.labels].long().flatten()
        return labels.cpu().numpy(), best.cpu().numpy(), share.cpu().numpy()


def are_drawable(opened: OpenSet) -> bool:
    """Return whether a set has pictures: samples with one channel or three."""
    source = opened.first
    field = source.header.field(source.fields[source.image]) if source.image else None
    shape = field.shape if field is not None else None
    return shape is not None and len(shape) == 3 and shape[0] in (1, 3)


def question(net: Net) -> Question | None:
    """Return what a net is asked about each sample; None where it chooses no class for it."""
    found = [one for node in net.wiring.nodes if (one := _question(net, node)) is not None]
    return next((one for one in found if one.is_softmax), next(iter(found), None))


def _question(net: Net, node: Node) -> Question | None:
    kind = net.layers[node.layer.type]
    if kind.kind == "layer" or not kind.index_targets or kind.targets != (1,):
        return None
    scores, labels = node.bottoms[:2]
    axes = (*net.axes(scores), 1)
    single = all(axis == 1 for axis in (*axes[2:], *net.axes(labels)[1:]))
    classes = axes[1]
    if not single or not isinstance(classes, int) or classes < 2:
        return None
    names = net.wiring.name_of(scores), net.wiring.name_of(labels)
    return Question(*names, classes, node.layer.type == "SoftmaxWithLoss")


def _count(opened: OpenSet, net: Net) -> int:
    """Return how many samples to read: a batch where the net takes no other number."""
    fixed = any(BATCH not in spec.axes() for spec in net.input_specs.values())
    return opened.spec.batch_size if fixed else _MOST


def _captions(
    answers: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]],
    names: Sequence[str],
) -> Iterator[tuple[tuple[str, Colour], ...]]:
    """Yield what stands below each sample: its class and, in green or red, the net's answer."""
    for label, best, share in zip(*answers, strict=True):
        known = names[label] if 0 <= label < len(names) else str(label)
        sure = "" if np.isnan(share) else f" {share:.0%}"
        right: Colour = GREEN if label == best else RED
        yield (known, BLACK), (f"{names[best]}{sure}", right)
