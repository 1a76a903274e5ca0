"""The softmax loss of labels that are smoothed, weighed or soft: torch's cross-entropy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn
from torch.nn import functional

from protonet.layers.constants import Constants
from protonet.layers.labels import NO_LABEL, Arrange, outside
from protonet.layers.normalization import Divisor, weighed_quotient
from protonet.layers.wide import wide

Total = Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]
"""(scores (M, classes, …), labels in order, weights (classes) or None) → the summed loss, ()."""
WeighedDivisor = Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]
"""(scores (M, classes, …), labels in order, weights or None) → what the sum is divided by, ()."""


class WeighedSoftmaxWithLoss(nn.Module):
    """Sums a cross-entropy in which labels or classes differ, and divides by what `divisor` counts.

    Args:
        arrange: brings scores and labels into torch's order.
        total: the summed loss.
        divisor: counts what the sum is divided by.
        weights: of the classes; None: all are 1.
    """

    def __init__(
        self,
        arrange: Arrange,
        total: Total,
        divisor: WeighedDivisor,
        weights: tuple[float, ...] | None,
    ) -> None:
        super().__init__()
        self.arrange, self.total, self.divisor = arrange, total, divisor
        self.weights = None if weights is None else Constants(weights)

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        return weighed_quotient(*self.measure(scores, labels)).to(scores.dtype)

    def measure(
        self, scores: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the summed loss and what it is divided by, both ().

        Raises: DataError if a label is outside the classes (on a CPU).
        """
        values, goals = self.arrange(scores, labels)
        weights = None if self.weights is None else self.weights.like(values)
        return self.total(values, goals, weights), self.divisor(values, goals, weights)


def index_total(smoothing: float, ignored: int) -> Total:
    """Return the summed loss of class indices; `ignored` may be `NO_LABEL`."""
    return partial(_index_total, smoothing=smoothing, ignored=ignored)


def share_total(smoothing: float) -> Total:
    """Return the summed loss of labels that are a share of every class."""
    return partial(_share_total, smoothing=smoothing)


def by_label_weights(ignored: int) -> WeighedDivisor:
    """Return the divisor of torch's weighed mean: the weights of the labels that count, added."""
    return partial(_weights_of_labels, ignored=ignored)


def by_positions(values: torch.Tensor, labels: torch.Tensor, *_: object) -> torch.Tensor:
    """Return the number of positions that have shares, () int64: weights do not change it."""
    return values.new_full((), values.numel() // values.shape[1], dtype=torch.int64)


def by_rule(divisor: Divisor) -> WeighedDivisor:
    """Return a divisor that counts as Caffe does, whatever the weights."""
    return partial(_counted, divisor=divisor)


def _counted(
    values: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None, divisor: Divisor
) -> torch.Tensor:
    return divisor(values, labels)


def _index_total(
    values: torch.Tensor,
    labels: torch.Tensor,
    weights: torch.Tensor | None,
    smoothing: float,
    ignored: int,
) -> torch.Tensor:
    try:
        return functional.cross_entropy(
            values,
            labels,
            weights,
            ignore_index=ignored,
            reduction="sum",
            label_smoothing=smoothing,
        )
    except IndexError:
        raise outside(labels, values.shape[1], ignored) from None


def _share_total(
    values: torch.Tensor, shares: torch.Tensor, weights: torch.Tensor | None, smoothing: float
) -> torch.Tensor:
    return functional.cross_entropy(
        values,
        shares,
        weights,
        ignore_index=NO_LABEL,
        reduction="sum",
        label_smoothing=smoothing,
    )


def _weights_of_labels(
    values: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None, ignored: int
) -> torch.Tensor:
    counts = labels != ignored
    if weights is None:
        return counts.sum()
    return wide(weights)[labels.where(counts, 0)].where(counts, 0).sum()
