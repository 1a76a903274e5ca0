"""Accuracy: the share of labels among the best scores."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index
from protonet.layers.labels import NO_LABEL, Arrange, arrangement, at_labels, outside
from protonet.layers.normalization import quotient
from protonet.layers.record import TWO, Arity, Blob, LayerType, Setting
from protonet.records import Count, Integer, Record

Pair = tuple[torch.Tensor, torch.Tensor]


class AccuracyParams(Record):
    """What counts as right, and which labels count at all."""

    top_k: Count = 1
    """How many of the best scores may hold the label's: 1 asks for the best alone."""
    axis: Integer = 1
    """Axis of the scores that holds one number per class; a negative one counts from the end."""
    ignore_label: Integer | None = None
    """Label that counts nothing. Left out: every label counts."""


class Accuracy(nn.Module):
    """Counts the labels whose score is among the best `top_k` of its position.

    Args:
        arrange: brings scores and labels into torch's order.
        top_k: how many scores count as best.
        ignored: the label that counts nothing, or `NO_LABEL`.
    """

    def __init__(self, arrange: Arrange, top_k: int, ignored: int) -> None:
        super().__init__()
        self.arrange, self.top_k, self.ignored = arrange, top_k, ignored

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the accuracy, () float32; 0 where no label counts."""
        return quotient(*self.measure(scores, labels))

    def measure(self, scores: torch.Tensor, labels: torch.Tensor) -> Pair:
        """Return how many are right and how many count, both () int64."""
        right, counted, _ = self.judged(scores, labels)
        return right.sum(), counted.sum()

    def judged(
        self, scores: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return, per position (M, …), whether it is right, whether it counts, and its label.

        Raises: DataError if a label is outside the classes (on a CPU).
        """
        values, indices = self.arrange(scores.detach(), labels)
        classes = values.shape[1]
        try:
            own = -at_labels(values, indices, self.ignored, "none")
        except IndexError:
            raise outside(labels, classes, self.ignored) from None
        counted = indices != self.ignored
        # What is surely below is counted, so that a tie, and a score that is not a number, count
        # against the label.
        is_below = torch.empty_like(values, dtype=torch.float32)
        torch.lt(values, own.unsqueeze(1), out=is_below)  # 0 and 1: several times as fast as bools
        below = is_below.sum(1)
        return (below >= classes - self.top_k) & counted, counted, indices


class AccuracyPerClass(nn.Module):
    """An accuracy with a second top: the same for each class, 0 for a class without labels.

    Args:
        accuracy: the accuracy over all classes.
        classes: how many there are.
    """

    def __init__(self, accuracy: Accuracy, classes: int) -> None:
        super().__init__()
        self.accuracy, self.classes = accuracy, classes

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> Pair:
        """Return the accuracy, (), and that of each class, (classes); both float32."""
        overall, per_class = self.measure(scores, labels)
        return quotient(*overall), quotient(*per_class)

    def measure(self, scores: torch.Tensor, labels: torch.Tensor) -> tuple[Pair, Pair]:
        """Return (right, counted) over all, (), and per class, (classes); all int64."""
        right, counted, indices = self.accuracy.judged(scores, labels)
        classes = indices.masked_fill(~counted, 0).flatten()
        per_class = self._tally(classes, right), self._tally(classes, counted)
        return (right.sum(), counted.sum()), per_class

    def _tally(self, classes: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        return classes.new_zeros(self.classes).index_add_(0, classes, positions.flatten().long())


def build(params: AccuracyParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Measure the share of labels whose score is among the best.

    Bottoms: scores, (N, classes, …) for axis 1; labels, one class index per position of the other
        axes: (N, …), axes of length 1 allowed besides, any number type.
    Tops: the accuracy, (); on request that of each class, (classes).
    Raises: ShapeError if the axis does not exist, labels and scores do not match, or there are
        fewer classes than `top_k`.
    Source: Caffe, accuracy_layer.cpp: a label is right if fewer than `top_k` other scores reach its
        own.
    """
    scores, labels = bottoms
    arrange = arrangement(scores, labels, params.axis)
    classes = scores.shape[axis_index(params.axis, scores)]
    if params.top_k > classes:
        raise ShapeError(
            f"top_k {params.top_k} exceeds the {classes} classes of scores of shape {scores}",
            f"the classes are along axis {params.axis}",
        )
    ignored = NO_LABEL if params.ignore_label is None else params.ignore_label
    accuracy = Accuracy(arrange, params.top_k, ignored)
    return accuracy if setting.tops == 1 else AccuracyPerClass(accuracy, classes)


def infer(params: AccuracyParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the accuracy's blob and, where asked for, that of each class."""
    scores = bottoms[0]
    classes = scores.shape[axis_index(params.axis, scores)]
    return (Blob(()), Blob((classes,)))[: setting.tops]


ACCURACY = LayerType(
    name="Accuracy",
    params=AccuracyParams,
    build=build,
    bottoms=TWO,
    tops=Arity(1, 2),
    kind="metric",
    targets=(1,),
    index_targets=True,
    infer=infer,
)
