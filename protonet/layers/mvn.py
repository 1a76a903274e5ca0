"""MVN: each channel of each sample brought to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Flag, NonNegative, Record


class MVNParams(Record):
    """What is normalised together, and how."""

    normalize_variance: Flag = True
    """Whether the variance is brought to 1, and not the mean to 0 alone."""
    across_channels: Flag = False
    """Whether all channels of a sample have one mean and one variance, instead of each its own."""
    eps: NonNegative = 1e-9
    """Added to the standard deviation, after the root; in the unit of the bottom."""


class MeanVariance(nn.Module):
    """Subtracts the mean and, unless `eps` is None, divides by the standard deviation plus `eps`.

    Args:
        axes: those that one mean is taken over.
        eps: added to the standard deviation.
    """

    def __init__(self, axes: tuple[int, ...], eps: float | None) -> None:
        super().__init__()
        self.axes, self.eps = axes, eps

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        centred = bottom - bottom.mean(self.axes, keepdim=True)
        if self.eps is None:
            return centred
        return centred / self._deviation(centred.square().mean(self.axes, keepdim=True), self.eps)

    def _deviation(self, variance: torch.Tensor, eps: float) -> torch.Tensor:
        """Return sqrt(variance) + eps, with Caffe's gradient, 1 / (2 * (sqrt(variance) + eps)).

        The mathematical one has no eps, and is infinite where all numbers are equal.
        """
        square = (variance.detach().sqrt() + eps).square()
        return (variance + (square - variance.detach())).sqrt()


def build(params: MVNParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compute (x - mean) / (deviation + eps), or x - mean alone.

    Bottom: (N, C, …), any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if nothing stands behind the axes that have a mean each, or the bottom holds
        no floating-point numbers.
    Source: Caffe, mvn_layer.cpp: the deviation is that of the population, and its gradient takes
        eps for a part of it.
    """
    check_floating(bottoms)
    bottom, first = bottoms[0], 1 if params.across_channels else 2
    if bottom.rank <= first:
        why = f"each number of a bottom of shape {bottom} would be normalised by itself, to 0"
        hint = "across_channels: true takes all channels of a sample together"
        raise ShapeError(why, hint if bottom.rank == 2 else "means are taken within each sample")
    axes = tuple(range(first, bottom.rank))
    return MeanVariance(axes, params.eps if params.normalize_variance else None)


MVN = LayerType(name="MVN", params=MVNParams, build=build, infer=same_as_first)
