"""InfogainLoss: a softmax loss that asks a price for every pair of true and named class."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import torch
from pydantic import model_validator
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index
from protonet.layers.constants import Constants
from protonet.layers.labels import NO_LABEL, Arrange, arrangement, outside
from protonet.layers.normalization import Divisor, LossParams, divided, divisor
from protonet.layers.probabilities import WithProbabilities
from protonet.layers.record import Arity, Blob, LayerType, Setting
from protonet.layers.softmax import SoftmaxParams
from protonet.records import Integer, Number, custom_error

_LOG_FLOOR = math.log(1e-20)
"""Caffe's floor of a logarithm: no probability counts as less than 1e-20."""

Rows = tuple[tuple[Number, ...], ...]


class InfogainLossParams(LossParams):
    """The prices, where the classes are, which labels count, and what the loss is divided by."""

    matrix: Rows = ()
    """A row per true class with a number per class: what minus the logarithm of that class's
    probability is multiplied by. Left out: it is the third bottom."""
    axis: Integer = 1
    """Axis of the scores that holds one number per class; a negative one counts from the end."""

    @model_validator(mode="after")
    def _square(self) -> Self:
        for place, row in enumerate(self.matrix):
            if len(row) != len(self.matrix):
                why = f"row {place} of matrix has {len(row)} numbers, and there are"
                raise custom_error(
                    "PN013", f"{why} {len(self.matrix)} rows", "give as many numbers as rows"
                )
        return self


class InfogainLoss(nn.Module):
    """Sums -matrix[label] · log softmax(scores) and divides by what `divisor` counts.

    Args:
        params: the keys.
        arrange: brings scores and labels into torch's order.
        divisor: counts what the sum is divided by.
    """

    def __init__(self, params: InfogainLossParams, arrange: Arrange, divisor: Divisor) -> None:
        super().__init__()
        prices = [price for row in params.matrix for price in row]
        self.matrix = Constants(prices, (len(params.matrix),) * 2)
        self.ignored = NO_LABEL if params.ignore_label is None else params.ignore_label
        self.arrange, self.divisor = arrange, divisor

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        total, values, indices = self.total(*bottoms)
        return divided(total, self.divisor, values, indices)

    def measure(
        self, scores: torch.Tensor, labels: torch.Tensor, *matrix: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the summed loss, (), and what it is divided by, () int64."""
        total, values, indices = self.total(scores, labels, *matrix)
        return total, self.divisor(values, indices)

    def total(
        self, scores: torch.Tensor, labels: torch.Tensor, *matrix: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the summed loss, (), and scores and labels in torch's order.

        Raises: DataError if a label is outside the classes (on a CPU).
        """
        values, indices = self.arrange(scores, labels)
        classes = values.shape[1]
        prices = self._prices(values, *matrix)
        # Caffe floors the value and not the gradient. That of log_softmax reads what it gave.
        logs = torch.log_softmax(values, 1).clone()
        logs.detach().clamp_(min=_LOG_FLOOR)
        counts = None if self.ignored == NO_LABEL else indices != self.ignored
        try:
            rows = indices if counts is None else indices.where(counts, 0)
            own = torch.embedding(prices, rows)  # (M, …, classes)
        except IndexError:
            raise outside(labels, classes, self.ignored) from None
        costs = own * (logs if logs.dim() == 2 else logs.movedim(1, -1))
        if counts is not None:
            costs = costs.sum(-1).where(counts, 0.0)
        return -costs.sum(), values, indices

    def _prices(self, values: torch.Tensor, *matrix: torch.Tensor) -> torch.Tensor:
        if not matrix:
            return self.matrix.like(values)
        return matrix[0].detach().to(values.dtype).reshape(values.shape[1], values.shape[1])


def build(params: InfogainLossParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compare scores, through a softmax, with a row of prices that each label chooses.

    Bottoms: scores, (N, classes, …) for axis 1; labels, one class index per position of the other
        axes; and, unless it is a key, the matrix, classes² numbers, which gets no gradient.
    Tops: the loss, (): Σ -matrix[label, k] log max(p[k], 1e-20), divided by the labels that count
        unless told otherwise; on request the softmax, shaped as the scores.
    Raises: ShapeError if labels, scores and matrix do not match, or there is not one matrix.
    Source: Caffe, infogain_loss_layer.cpp.
    """
    scores, labels = bottoms[:2]
    arrange = arrangement(scores, labels, params.axis)
    axis = axis_index(params.axis, scores)
    _check_matrix(params, bottoms, scores.shape[axis])
    rule = params.rule(default="VALID")
    loss = InfogainLoss(params, arrange, divisor(rule, params.ignore_label))
    return loss if setting.tops == 1 else WithProbabilities(loss, axis)


def _check_matrix(params: InfogainLossParams, bottoms: Sequence[Blob], classes: int) -> None:
    given = len(bottoms) > 2
    if given == bool(params.matrix):
        why = "the matrix is given twice, as a key and as bottom 2" if given else "it has no matrix"
        raise ShapeError(why, "give it as the key matrix, or as a third bottom")
    numbers = math.prod(bottoms[2].shape) if given else len(params.matrix) ** 2
    if numbers != classes**2:
        raise ShapeError(
            f"the matrix has {numbers} numbers, and {classes} classes need"
            f" {classes} * {classes} = {classes**2}",
            "give a row per true class with a number per class",
        )


def infer(
    params: InfogainLossParams, bottoms: Sequence[Blob], setting: Setting
) -> tuple[Blob, ...]:
    """Return the loss's blob and, where asked for, the probabilities'."""
    return (Blob((), bottoms[0].dtype), bottoms[0])[: setting.tops]


INFOGAIN_LOSS = LayerType(
    name="InfogainLoss",
    params=InfogainLossParams,
    build=build,
    bottoms=Arity(2, 3),
    tops=Arity(1, 2),
    kind="loss",
    measures=1,  # the second top is the softmax
    targets=(1,),
    index_targets=True,
    deploy=lambda params: ("Softmax", SoftmaxParams(axis=params.axis)),
    infer=infer,
)
