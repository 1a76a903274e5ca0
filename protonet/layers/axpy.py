"""Axpy: one blob times a factor per channel, plus another blob."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.record import Arity, Blob, LayerType, NoParams, Setting


class Axpy(nn.Module):
    """Computes factors * x + y, in one kernel."""

    def forward(self, factors: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the shape of x: (N, C, …)."""
        shape = (*x.shape[:2], *(1,) * (x.dim() - 2))
        return torch.addcmul(y, x, factors.reshape(shape))


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Multiply each channel of x by its own factor, and add y.

    Bottoms: the factors, (N, C) or (N, C, 1, 1); x, (N, C, …); y, of the shape of x. All of one
        float dtype.
    Top: the shape of x.
    Raises: ShapeError if shapes or types do not match.
    Source: the fork of Caffe that SENet came with, axpy_layer.cpp.
    """
    check_floating(bottoms)
    factors, x, y = bottoms
    if y.shape != x.shape:
        why = f"bottom 2 has the shape {y}, bottom 1 has {x}"
        raise ShapeError(why, "Axpy adds bottoms 1 and 2, which have one shape")
    is_per_channel = x.rank >= 2 and factors.shape[:2] == x.shape[:2]
    if not is_per_channel or any(length != 1 for length in factors.shape[2:]):
        why = f"factors of shape {factors} are not one for each channel of bottom 1, {x}"
        raise ShapeError(why, "bottom 0 holds the factors: (N, C) or (N, C, 1, 1)")
    return Axpy()


def infer(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the shape of x."""
    return (bottoms[1],)


AXPY = LayerType(name="Axpy", params=NoParams, build=build, bottoms=Arity(3, 3), infer=infer)
