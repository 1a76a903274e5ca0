"""FocalLoss: a softmax loss in which samples that are right already count little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import torch
from pydantic import model_validator
from torch import nn
from torch.nn import functional

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index
from protonet.layers.labels import NO_LABEL, Arrange, arrangement, at_labels, outside
from protonet.layers.normalization import Divisor, LossParams, divided, divisor
from protonet.layers.record import TWO, Blob, LayerType, Setting, single_number
from protonet.layers.softmax import SoftmaxParams
from protonet.records import Integer, NonNegative, Number, custom_error


class FocalLossParams(LossParams):
    """How little easy samples count, which labels count, and what the loss is divided by."""

    form: Literal["ORIGIN", "LINEAR"] = "ORIGIN"
    """Whether -log p is multiplied by a power of 1 - p (ORIGIN), or p is brought near 1 sooner
    (LINEAR): the fork's `type`, which in protonet is the layer's own."""
    alpha: NonNegative = 0.25
    """What the loss of every sample is multiplied by."""
    gamma: NonNegative = 2.0
    """ORIGIN: power of (1 - p) that it is multiplied by, too; p what the softmax gives the label.
    At 0 it is a softmax loss. LINEAR: what the margin is multiplied by and the loss divided by."""
    beta: Number = 1.0
    """LINEAR: what is added to the margin, in units of scores times gamma."""
    axis: Integer = 1
    """Axis of the scores that holds one number per class; a negative one counts from the end."""

    @model_validator(mode="after")
    def _divides_by_gamma(self) -> Self:
        if self.form == "LINEAR" and not self.gamma:
            raise custom_error("PN013", "gamma is 0, and LINEAR divides by it", "gamma: 2")
        return self


class FocalLoss(nn.Module):
    """Sums -alpha (1 - p)^gamma log p and divides by what `divisor` counts.

    Args:
        params: the keys.
        arrange: brings scores and labels into torch's order.
        divisor: counts what the sum is divided by.
    """

    def __init__(self, params: FocalLossParams, arrange: Arrange, divisor: Divisor) -> None:
        super().__init__()
        self.alpha, self.gamma, self.beta = params.alpha, params.gamma, params.beta
        self.ignored = NO_LABEL if params.ignore_label is None else params.ignore_label
        self.arrange, self.divisor = arrange, divisor

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        total, values, indices = self.total(scores, labels)
        return divided(total, self.divisor, values, indices)

    def measure(
        self, scores: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the summed loss, (), and what it is divided by, () int64."""
        total, values, indices = self.total(scores, labels)
        return total, self.divisor(values, indices)

    def total(
        self, scores: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the summed loss, (), and scores and labels in torch's order.

        Raises: DataError if a label is outside the classes (on a CPU).
        """
        values, indices = self.arrange(scores, labels)
        try:
            costs = self.costs(values, indices)
        except IndexError:
            raise outside(labels, values.shape[1], self.ignored) from None
        return self.alpha * costs.sum(), values, indices

    def costs(self, values: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
        """Return the loss of each label without alpha, (M, …), from scores (M, classes, …)."""
        costs = at_labels(torch.log_softmax(values, 1), indices, self.ignored, "none")
        missed = -torch.expm1(-costs)  # 1 - p: costs = -log p, and 0 where ignored
        # The root of 0 has no slope: it is kept from there, in place, as the slope of expm1 reads
        # what it gave itself.
        torch.clamp_min_(missed.detach(), torch.finfo(missed.dtype).tiny)
        return missed**self.gamma * costs


class LinearFocalLoss(FocalLoss):
    """Sums -alpha log sigmoid(gamma x + beta) / gamma, x the margin: the score of the label's class
    less the logarithm of what the others' exponentials add up to, so that p = sigmoid(x)."""

    def costs(self, values: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
        """Return the loss of each label without alpha, (M, …), from scores (M, classes, …)."""
        own = -at_labels(values, indices, self.ignored, "none")
        is_counted = indices != self.ignored
        labels = indices.where(is_counted, 0).unsqueeze(1)
        others = values.scatter(1, labels, -torch.inf).logsumexp(1)
        costs = functional.softplus(-self.gamma * (own - others) - self.beta) / self.gamma
        return costs * is_counted


def build(params: FocalLossParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compare scores, through a softmax, with the class each label names; weigh the hard ones.

    Bottoms: scores, (N, classes, …) for axis 1; labels, one class index per position of the other
        axes: (N, …), axes of length 1 allowed besides, any number type.
    Top: the loss, (): Σ -alpha (1 - p)^gamma log p, or Σ -alpha log sigmoid(gamma x + beta) / gamma
        with p = sigmoid(x), divided by the labels unless told otherwise.
    Raises: ShapeError if the axis does not exist or labels and scores do not match, or LINEAR has a
        single class.
    Source: forks of Caffe, focal_loss_layer.cpp, after Lin et al. 2017, whose appendix A has the
        second form, for two classes; one alpha for all classes.
    """
    scores, labels = bottoms
    arrange = arrangement(scores, labels, params.axis)
    count = divisor(params.rule(default="VALID"), params.ignore_label)
    if params.form == "ORIGIN":
        return FocalLoss(params, arrange, count)
    if scores.shape[axis_index(params.axis, scores)] < 2:
        why = f"scores of shape {scores} have one class along axis {params.axis}"
        raise ShapeError(why, "LINEAR compares the label's class with the others")
    return LinearFocalLoss(params, arrange, count)


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
