"""Normalize: each position brought to length 1, and scaled by a learned factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.fillers import Filler, constant
from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.layers.spread import Shape, spread
from protonet.layers.wide import wide
from protonet.records import Flag, NonNegative, Record


class NormalizeParams(Record):
    """What is brought to length 1, and how many factors there are."""

    across_spatial: Flag = True
    """Whether a whole sample is brought to length 1, instead of the channels of each position."""
    scale_filler: Filler = constant(1)
    """How the factors start."""
    channel_shared: Flag = True
    """Whether all channels have one factor, instead of one each."""
    eps: NonNegative = 1e-10
    """Added to the sum of squares before its root is taken."""


class Normalize(nn.Module):
    """Divides by the Euclidean length, and multiplies by learned factors.

    Args:
        axes: those that one length is taken over.
        shape: of the factors, (C) or () for a single one.
        eps: added to the sum of squares.
    """

    def __init__(self, axes: tuple[int, ...], shape: Shape, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))
        self.axes, self.eps = axes, eps

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom, (N, C, …)."""
        values = wide(bottom)
        squares = values.square().sum(self.axes, keepdim=True)
        factors = spread(self.weight, bottom.dim() - 2) if self.weight.dim() else self.weight
        return (values * torch.rsqrt(squares + self.eps) * factors).to(bottom.dtype)


def build(params: NormalizeParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compute w * x / sqrt(Σ x² + eps), the sum over the channels of a position or over a sample.

    Bottom: (N, C, …), any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if there is no axis of channels, or the bottom holds no floating-point
        numbers.
    Source: the fork of Caffe that SSD came with, normalize_layer.cpp.
    """
    check_floating(bottoms)
    bottom = bottoms[0]
    if bottom.rank < 2:
        raise ShapeError(f"a bottom of shape {bottom} has no channels", "they are axis 1")
    axes = tuple(range(1, bottom.rank)) if params.across_spatial else (1,)
    shape = () if params.channel_shared else bottom.shape[1:2]
    return Normalize(axes, shape, params.eps).to(bottom.dtype)


def _fillers(params: NormalizeParams) -> Mapping[str, Filler]:
    return {"weight": params.scale_filler}


NORMALIZE = LayerType(
    name="Normalize",
    params=NormalizeParams,
    build=build,
    parameters=("weight",),
    fillers=_fillers,
    infer=same_as_first,
)
