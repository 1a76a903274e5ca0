"""MVN: each channel of each sample brought to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.layers.wide import wide
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
        if self.eps is None:
            return bottom - bottom.mean(self.axes, keepdim=True)
        groups = wide(bottom).flatten(self.axes[0]).flatten(0, -2).unsqueeze(0)  # (1, means, rest)
        top: torch.Tensor = _Normalised.apply(groups, self.eps)
        return top.view(bottom.shape).to(bottom.dtype)


class _Normalised(torch.autograd.Function):
    """(x - mean) / (deviation + eps) of each row, with Caffe's gradient, to which eps is a part of
    the deviation.

    The mathematical gradient is infinite where all numbers are equal. Caffe's is that of a batch
    normalisation whose inverse deviation is 1 / (deviation + eps), which torch has a kernel for.
    """

    @staticmethod
    def forward(ctx: Any, rows: torch.Tensor, eps: float) -> torch.Tensor:
        mean = rows.mean(2, keepdim=True)
        top = rows - mean
        lengths = torch.linalg.vector_norm(top, dim=2, keepdim=True)
        divisor = lengths.div_(rows.shape[2] ** 0.5).add_(eps)
        ctx.save_for_backward(rows, mean.flatten(), divisor.flatten().reciprocal())
        return top.div_(divisor)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: torch.Tensor) -> tuple[torch.Tensor, None]:
        rows, mean, inverse = ctx.saved_tensors
        slopes = torch.ops.aten.native_batch_norm_backward(
            slope, rows, None, None, None, mean, inverse, True, 0.0, [True, False, False]
        )
        return slopes[0], None


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
