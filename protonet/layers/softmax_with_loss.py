"""SoftmaxWithLoss: the multinomial logistic loss of a softmax over classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index
from protonet.layers.labels import (
    NO_LABEL,
    Arrange,
    are_shares,
    arrangement,
    at_labels,
    outside,
    soft_arrangement,
)
from protonet.layers.normalization import Divisor, LossParams, divided, divisor, quotient
from protonet.layers.probabilities import WithProbabilities
from protonet.layers.record import TWO, Arity, Blob, LayerType, Setting
from protonet.layers.softmax import SoftmaxParams
from protonet.layers.weighed_softmax import (
    WeighedSoftmaxWithLoss,
    by_label_weights,
    by_positions,
    by_rule,
    index_total,
    share_total,
)
from protonet.records import Fraction, Integer, NonNegative

MOST = -math.log(torch.finfo(torch.float32).tiny)
"""Caffe's floor of a logarithm is ln(FLT_MIN) = -87.3365: no sample costs more than 87.3365."""


class SoftmaxWithLossParams(LossParams):
    """Where the classes are, which labels count, and what the loss is divided by."""

    axis: Integer = 1
    """Axis of the scores that holds one number per class; a negative one counts from the end."""
    label_smoothing: Fraction = 0.0
    """Share of every label that is spread evenly over all classes, 0 to 1; 0.1 is usual."""
    class_weights: tuple[NonNegative, ...] | None = None
    """One number per class that its loss is multiplied by, as for classes of unequal size. Under
    VALID the sum is divided by the weights of the labels, under the other rules by what they
    count. Left out: every class weighs 1."""


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
        if _must_keep_logarithms(scores):
            return quotient(*self.measure(scores, labels))
        total, values, indices = self.reduced(scores, labels, "sum")
        return divided(total, self.divisor, values, indices)

    def measure(
        self, scores: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the summed loss, (), and what it is divided by, () int64."""
        return self.costs(scores, labels).sum(), self.divisor(*self.arrange(scores, labels))

    def costs(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return what each position costs, (M, …), 0 at an ignored label.

        Raises: DataError if a label is outside the classes (on a CPU).
        """
        values, indices = self.arrange(scores, labels)
        try:
            costs = at_labels(torch.log_softmax(values, 1), indices, self.ignored, "none")
        except IndexError:
            raise outside(labels, values.shape[1], self.ignored) from None
        # Caffe floors the logarithm but not the gradient, as a clamp under autograd's eyes would.
        # No gradient reads the costs, so that they can be changed in place.
        torch.clamp_max_(costs.detach(), MOST)
        return costs

    def reduced(
        self, scores: torch.Tensor, labels: torch.Tensor, reduction: str
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the costs, summed or averaged over all labels in one kernel, (), and scores and
        labels in torch's order.

        Raises: DataError if a label is outside the classes (on a CPU).
        """
        values, indices = self.arrange(scores, labels)
        logs = torch.log_softmax(values, 1)
        # Flooring all logarithms is faster than flooring the costs and adding them up.
        # The gradient of log_softmax reads exp(logs), 1e-38 at most where they are floored; so
        # nothing may tell autograd that they were, and that no program can be exported from.
        torch.clamp_min_(logs.data, -MOST)
        try:
            return at_labels(logs, indices, self.ignored, reduction), values, indices
        except IndexError:
            raise outside(labels, values.shape[1], self.ignored) from None


class MeanSoftmaxWithLoss(SoftmaxWithLoss):
    """The same where the divisor is the number of labels: torch's fused mean needs no division."""

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        if _must_keep_logarithms(scores):
            return self.costs(scores, labels).mean()
        return self.reduced(scores, labels, "mean")[0]


def _must_keep_logarithms(scores: torch.Tensor) -> bool:
    """Return whether the logarithms are not to be changed: in compiled code, and on a GPU for maps,
    where reading and writing them once more costs more than it saves."""
    return torch.compiler.is_compiling() or (scores.dim() > 2 and not scores.is_cpu)


def build(params: SoftmaxWithLossParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compare scores, through a softmax, with the class each label names.

    Bottoms: scores, (N, classes, …) for axis 1; labels, one class index per position of the other
        axes: (N, …), axes of length 1 allowed besides, any number type; or, shaped as the scores,
        the share that each class has in a position, as mixed samples have them.
    Tops: the loss, (); on request the softmax, shaped as the scores.
    Raises: ShapeError if the axis does not exist, labels and scores do not match, there is not one
        weight per class, or `ignore_label` is given beside shares.
    Source: Caffe, softmax_loss_layer.cpp: the logarithm is floored at FLT_MIN, its gradient is not.
        With smoothing, weights or shares it is torch's cross_entropy, without the floor.
    """
    scores, labels = bottoms
    loss = _loss(params, scores, labels)
    return loss if setting.tops == 1 else WithProbabilities(loss, axis_index(params.axis, scores))


def _loss(params: SoftmaxWithLossParams, scores: Blob, labels: Blob) -> nn.Module:
    if are_shares(scores, labels, params.axis):
        return _of_shares(params, scores, labels)
    arrange = arrangement(scores, labels, params.axis)
    rule = params.rule(default="VALID")
    ignored = NO_LABEL if params.ignore_label is None else params.ignore_label
    counted = divisor(rule, params.ignore_label)
    if params.label_smoothing or params.class_weights is not None:
        _check_weights(params, scores)
        by = by_label_weights(ignored) if rule == "VALID" else by_rule(counted)
        total = index_total(params.label_smoothing, ignored)
        return WeighedSoftmaxWithLoss(arrange, total, by, params.class_weights)
    divides_by_labels = rule in ("VALID", "FULL") and params.ignore_label is None
    kind = MeanSoftmaxWithLoss if divides_by_labels else SoftmaxWithLoss
    return kind(arrange, counted, ignored)


def _of_shares(params: SoftmaxWithLossParams, scores: Blob, labels: Blob) -> nn.Module:
    arrange = soft_arrangement(scores, labels, params.axis)
    if params.ignore_label is not None:
        raise ShapeError(
            f"ignore_label {params.ignore_label} names a class index, but labels of shape {labels}"
            " give every class its share",
            "leave ignore_label out",
        )
    _check_weights(params, scores)
    rule = params.rule(default="VALID")
    by = by_positions if rule in ("VALID", "FULL") else by_rule(divisor(rule, None))
    total = share_total(params.label_smoothing)
    return WeighedSoftmaxWithLoss(arrange, total, by, params.class_weights)


def _check_weights(params: SoftmaxWithLossParams, scores: Blob) -> None:
    classes = scores.shape[axis_index(params.axis, scores)]
    given = params.class_weights
    if given is not None and len(given) != classes:
        raise ShapeError(
            f"class_weights has {len(given)} numbers, and scores of shape {scores} have {classes}"
            f" classes along axis {params.axis}",
            "give one number per class",
        )


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
