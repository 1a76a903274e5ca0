"""SigmoidCrossEntropyLoss: independent yes-or-no targets against scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import nn
from torch.nn import functional

from protonet.errors import ShapeError
from protonet.layers.checks import check_targets
from protonet.layers.constants import Constants
from protonet.layers.distances import goals
from protonet.layers.normalization import Divisor, LossParams, divided, divisor
from protonet.layers.one_or_more import NonNegatives
from protonet.layers.record import TWO, Blob, LayerType, NoParams, Setting, single_number

Total = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class SigmoidCrossEntropyLossParams(LossParams):
    """Which targets count, how much a yes does, and what the loss is divided by."""

    pos_weight: NonNegatives | None = None
    """What the loss of a yes is multiplied by: above 1 where a yes is rare, one number for all
    scores or one per class of axis 1. What the sum is divided by stays a count. Left out: 1."""


class SigmoidCrossEntropyLoss(nn.Module):
    """Sums the cross-entropy of sigmoid(score) and target, and divides by what `divisor` counts.

    Args:
        total: (scores, targets shaped alike) → the summed loss.
        divisor: counts what the sum is divided by.
    """

    def __init__(self, total: Total, divisor: Divisor) -> None:
        super().__init__()
        self.total, self.divisor = total, divisor

    def forward(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        wanted = goals(targets.detach(), scores)
        return divided(self.total(scores, wanted), self.divisor, scores, wanted)

    def measure(
        self, scores: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the summed loss, (), and what it is divided by, () int64."""
        # A target is data: Caffe gives it no gradient.
        wanted = goals(targets.detach(), scores)
        return self.total(scores, wanted), self.divisor(scores, wanted)


def build(
    params: SigmoidCrossEntropyLossParams, bottoms: Sequence[Blob], setting: Setting
) -> nn.Module:
    """Compare each score, through a sigmoid, with the probability that its target gives.

    Bottoms: scores, (N, …); targets from 0 to 1, one per score, any number type.
    Top: the loss, (): Σ log(1 + exp(x)) - x*t, divided by N unless told otherwise.
    Raises: ShapeError if there is not one target per score, or not one `pos_weight` per class.
    Source: Caffe, sigmoid_cross_entropy_loss_layer.cpp; a target is cut to a whole number before it
        is compared with `ignore_label`.
    """
    check_targets(*bottoms)
    ignored = params.ignore_label
    total: Total = _total if ignored is None else partial(_total_without, ignored=ignored)
    if params.pos_weight is not None:
        weights = _weights(params.pos_weight, bottoms[0])
        total = partial(_weighed_total, weights=weights, ignored=ignored)
    return SigmoidCrossEntropyLoss(total, divisor(params.rule(default="BATCH_SIZE"), ignored))


def _total(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return functional.binary_cross_entropy_with_logits(scores, targets, reduction="sum")


def _total_without(scores: torch.Tensor, targets: torch.Tensor, ignored: int) -> torch.Tensor:
    counts = _counts(scores, targets, ignored)
    return functional.binary_cross_entropy_with_logits(scores, targets, counts, reduction="sum")


def _weighed_total(
    scores: torch.Tensor, targets: torch.Tensor, weights: Constants, ignored: int | None
) -> torch.Tensor:
    return functional.binary_cross_entropy_with_logits(
        scores,
        targets,
        None if ignored is None else _counts(scores, targets, ignored),
        pos_weight=weights.like(scores),
        reduction="sum",
    )


def _counts(scores: torch.Tensor, targets: torch.Tensor, ignored: int) -> torch.Tensor:
    return (targets.trunc() != ignored).to(scores.dtype)


def _weights(given: tuple[float, ...], scores: Blob) -> Constants:
    classes = scores.shape[1] if scores.rank > 1 else 1
    if len(given) not in (1, classes):
        raise ShapeError(
            f"pos_weight has {len(given)} numbers, and scores of shape {scores} have {classes}"
            f" class{'es' * (classes != 1)} along axis 1",
            "give one number per class, or one for all",
        )
    return Constants(given, (len(given), *[1] * (scores.rank - 2)))  # (classes, 1, …)


SIGMOID_CROSS_ENTROPY_LOSS = LayerType(
    name="SigmoidCrossEntropyLoss",
    params=SigmoidCrossEntropyLossParams,
    build=build,
    bottoms=TWO,
    kind="loss",
    targets=(1,),
    deploy=lambda params: ("Sigmoid", NoParams()),
    infer=single_number,
)
