"""SmoothL1Loss: a square near the target, a straight line far from it; for boxes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from protonet.errors import ShapeError
from protonet.layers.checks import check_targets
from protonet.layers.distances import goals, smooth_lengths
from protonet.layers.normalization import whole_number
from protonet.layers.record import Arity, Blob, LayerType, Setting, single_number
from protonet.records import Positive, Record


class SmoothL1LossParams(Record):
    """Where the square ends."""

    sigma: Positive = 1.0
    """The square becomes a line at a distance of 1 / sigma²."""


class SmoothL1Loss(nn.Module):
    """The smooth distances of two blobs, summed and divided by the number of samples.

    Args:
        reach: the distance at which the square ends, 1 / sigma².
    """

    def __init__(self, reach: float) -> None:
        super().__init__()
        self.reach = reach

    def forward(
        self, values: torch.Tensor, targets: torch.Tensor, *weights: torch.Tensor
    ) -> torch.Tensor:
        """Return the loss, ()."""
        return self._sum(values, targets, *weights) / values.shape[0]

    def measure(
        self, values: torch.Tensor, targets: torch.Tensor, *weights: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the summed loss, (), and the number of samples, () int64."""
        return self._sum(values, targets, *weights), whole_number(values.shape[0], values)

    def _sum(
        self, values: torch.Tensor, targets: torch.Tensor, *weights: torch.Tensor
    ) -> torch.Tensor:
        wanted = goals(targets, values)
        factors = [goals(blob.detach(), values) for blob in weights]
        if factors:
            values, wanted = values * factors[0], wanted * factors[0]
        if len(factors) < 2:
            return smooth_lengths(values, wanted, self.reach)
        costs = functional.smooth_l1_loss(values, wanted, reduction="none", beta=self.reach)
        return (costs * factors[1]).sum()


def build(params: SmoothL1LossParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Measure how far values lie from their targets; both receive a gradient.

    Bottoms: values, (N, …); targets, one number per value; then, if wanted, weights that multiply
        the differences (inside), and weights that multiply what they cost (outside), one per value.
    Top: the loss, (): Σ outside * f(inside * (value - target)) / N, where f(x) is sigma² x² / 2 up
        to |x| = 1 / sigma², and |x| - 1 / (2 sigma²) from there on.
    Raises: ShapeError if there is not one target and one weight per value.
    Source: Fast R-CNN's fork of Caffe, smooth_L1_loss_layer.cpp.
    """
    check_targets(*bottoms[:2])
    for position, blob in enumerate(bottoms[2:], 2):
        if blob.shape != bottoms[1].shape:
            raise ShapeError(
                f"bottom {position} has the shape {blob}, bottom 1 has {bottoms[1]}",
                "give one weight for each target",
            )
    return SmoothL1Loss(1 / params.sigma / params.sigma)  # a power would overflow


SMOOTH_L1_LOSS = LayerType(
    name="SmoothL1Loss",
    params=SmoothL1LossParams,
    build=build,
    bottoms=Arity(2, 4),
    kind="loss",
    targets=(1, 2, 3),
    deploy=lambda params: None,
    infer=single_number,
)
