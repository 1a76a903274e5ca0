"""FocalLoss: a softmax loss in which samples that are right already count little."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from protonet.layers.labels import NO_LABEL, Arrange, arrangement, at_labels, outside
from protonet.layers.normalization import Divisor, LossParams, divisor, quotient
from protonet.layers.record import TWO, Blob, LayerType, Setting, single_number
from protonet.layers.softmax import SoftmaxParams
from protonet.records import Integer, NonNegative


class FocalLossParams(LossParams):
    """How little easy samples count, which labels count, and what the loss is divided by."""

    alpha: NonNegative = 0.25
    """What the loss of every sample is multiplied by."""
    gamma: NonNegative = 2.0
    """Power of (1 - p) that it is multiplied by, too; p what the softmax gives the label. At 0 it
    is a softmax loss."""
    axis: Integer = 1
    """Axis of the scores that holds one number per class; a negative one counts from the end."""


class FocalLoss(nn.Module):
    """Sums -alpha (1 - p)^gamma log p and divides by what `divisor` counts.

    Args:
        params: the keys.
        arrange: brings scores and labels into torch's order.
        divisor: counts what the sum is divided by.
    """

    def __init__(self, params: FocalLossParams, arrange: Arrange, divisor: Divisor) -> None:
        super().__init__()
        self.alpha, self.gamma = params.alpha, params.gamma
        self.ignored = NO_LABEL if params.ignore_label is None else params.ignore_label
        self.arrange, self.divisor = arrange, divisor

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        return quotient(*self.measure(scores, labels))

    def measure(
        self, scores: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the summed loss, (), and what it is divided by, () int64."""
        values, indices = self.arrange(scores, labels)
        try:
            costs = at_labels(functional.log_softmax(values, 1), indices, self.ignored, "none")
        except IndexError:
            raise outside(labels, values.shape[1], self.ignored) from None
        # costs = -log p, and 0 where ignored. The root of 0 has no slope: it is kept from there.
        missed = (-torch.expm1(-costs)).clamp(min=torch.finfo(costs.dtype).tiny)  # 1 - p
        total = self.alpha * (missed**self.gamma * costs).sum()
        return total, self.divisor(values, indices)


def build(params: FocalLossParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compare scores, through a softmax, with the class each label names; weigh the hard ones.

    Bottoms: scores, (N, classes, …) for axis 1; labels, one class index per position of the other
        axes: (N, …), axes of length 1 allowed besides, any number type.
    Top: the loss, (): Σ -alpha (1 - p)^gamma log p, divided by the labels unless told otherwise.
    Raises: ShapeError if the axis does not exist or labels and scores do not match.
    Source: forks of Caffe, focal_loss_layer.cpp, after Lin et al. 2017; one alpha for all classes.
    """
    scores, labels = bottoms
    arrange = arrangement(scores, labels, params.axis)
    rule = params.rule(default="VALID")
    return FocalLoss(params, arrange, divisor(rule, params.ignore_label))


FOCAL_LOSS = LayerType(
    name="FocalLoss",
    params=FocalLossParams,
    build=build,
    bottoms=TWO,
    kind="loss",
    targets=(1,),
    index_targets=True,
    deploy=lambda params: ("Softmax", SoftmaxParams(axis=params.axis)),
    infer=single_number,
)
