"""SoftmaxWithLoss: the multinomial logistic loss of a softmax over classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from protonet.layers.checks import axis_index
from protonet.layers.labels import NO_LABEL, Arrange, arrangement, at_labels, outside
from protonet.layers.normalization import Divisor, LossParams, divisor, quotient
from protonet.layers.probabilities import WithProbabilities
from protonet.layers.record import TWO, Arity, Blob, LayerType, Setting
from protonet.layers.softmax import SoftmaxParams
from protonet.records import Integer

LOG_FLOOR = math.log(torch.finfo(torch.float32).tiny)
"""Caffe's floor of a logarithm, ln(FLT_MIN) = -87.3365: no sample costs more than 87.3365."""


class SoftmaxWithLossParams(LossParams):
    """Where the classes are, which labels count, and what the loss is divided by."""

    axis: Integer = 1
    """Axis of the scores that holds one number per class; a negative one counts from the end."""


class SoftmaxWithLoss(nn.Module):
    """Sums -log softmax(scores)[label] and divides by what `divisor` counts.

    Args:
        arrange: brings scores and labels into torch's order.
        divisor: counts what the sum is divided by.
        ignored: the label that counts nothing, or `NO_LABEL`.
    """

    def __init__(self, arrange: Arrange, divisor: Divisor, ignored: int) -> None:
        super().__init__()
        self.arrange, self.divisor, self.ignored = arrange, divisor, ignored

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        return quotient(*self.measure(scores, labels))

    def measure(
        self, scores: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the summed loss, (), and what it is divided by, () int64."""
        return self.reduced(scores, labels, "sum"), self.divisor(*self.arrange(scores, labels))

    def reduced(self, scores: torch.Tensor, labels: torch.Tensor, reduction: str) -> torch.Tensor:
        """Return the samples' losses reduced by "sum" or "mean", ().

        Raises: DataError if a label is outside the classes (on a CPU).
        """
        values, indices = self.arrange(scores, labels)
        logs = functional.log_softmax(values, 1)
        # Caffe floors the logarithm but not the gradient, as a clamp would. So the floor goes in
        # behind autograd's back: log_softmax's gradient reads exp(logs), which is 1e-38 at most
        # wherever the floor is reached.
        logs.data.clamp_(min=LOG_FLOOR)
        try:
            return at_labels(logs, indices, self.ignored, reduction)
        except IndexError:
            raise outside(labels, values.shape[1], self.ignored) from None


class MeanSoftmaxWithLoss(SoftmaxWithLoss):
    """The same where the divisor is the number of labels: torch's fused mean needs no division."""

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        return self.reduced(scores, labels, "mean")


def build(params: SoftmaxWithLossParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compare scores, through a softmax, with the class each label names.

    Bottoms: scores, (N, classes, …) for axis 1; labels, one class index per position of the other
        axes: (N, …), axes of length 1 allowed besides, any number type.
    Tops: the loss, (); on request the softmax, shaped as the scores.
    Raises: ShapeError if the axis does not exist or labels and scores do not match.
    Source: Caffe, softmax_loss_layer.cpp: the logarithm is floored at FLT_MIN, its gradient is not.
    """
    scores, labels = bottoms
    arrange = arrangement(scores, labels, params.axis)
    rule = params.rule(default="VALID")
    ignored = NO_LABEL if params.ignore_label is None else params.ignore_label
    divides_by_labels = rule in ("VALID", "FULL") and params.ignore_label is None
    kind = MeanSoftmaxWithLoss if divides_by_labels else SoftmaxWithLoss
    loss = kind(arrange, divisor(rule, params.ignore_label), ignored)
    return loss if setting.tops == 1 else WithProbabilities(loss, axis_index(params.axis, scores))


def infer(
    params: SoftmaxWithLossParams, bottoms: Sequence[Blob], setting: Setting
) -> tuple[Blob, ...]:
    """Return the loss's blob and, where asked for, the probabilities'."""
    scores = bottoms[0]
    return (Blob((), scores.dtype), scores)[: setting.tops]


SOFTMAX_WITH_LOSS = LayerType(
    name="SoftmaxWithLoss",
    params=SoftmaxWithLossParams,
    build=build,
    bottoms=TWO,
    tops=Arity(1, 2),
    kind="loss",
    measures=1,  # the second top is the softmax
    targets=(1,),
    index_targets=True,
    deploy=lambda params: ("Softmax", SoftmaxParams(axis=params.axis)),
    infer=infer,
)
