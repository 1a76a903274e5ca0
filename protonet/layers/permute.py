"""Permute: the axes in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from pydantic import model_validator
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Record, Size, custom_error


class PermuteParams(Record):
    """The new order of the axes."""

    order: tuple[Size, ...] = ()
    """The bottom's axes, counted from 0, in the order the top has them; those that are not named
    follow in their own order."""

    @model_validator(mode="after")
    def _no_axis_twice(self) -> Self:
        for place, axis in enumerate(self.order):
            if axis in self.order[:place]:
                why = f"order names axis {axis} twice"
                raise custom_error("PN013", why, "each axis has one place")
        return self


class Permute(nn.Module):
    """Gives a view with the axes in another order."""

    def __init__(self, order: tuple[int, ...]) -> None:
        super().__init__()
        self.order = order

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the view; nothing is copied."""
        return bottom.permute(self.order)


def build(params: PermuteParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Put the axes into another order: [0, 2, 3, 1] makes (N, H, W, C) of (N, C, H, W).

    Bottom: any shape and type.
    Top: the bottom's axes in the order given.
    Raises: ShapeError if an axis does not exist.
    Source: the fork of Caffe that SSD came with, permute_layer.cpp.
    """
    return Permute(_order(params, bottoms[0]))


def infer(params: PermuteParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape."""
    bottom = bottoms[0]
    shape = tuple(bottom.shape[axis] for axis in _order(params, bottom))
    return (Blob(shape, bottom.dtype),)


def _order(params: PermuteParams, bottom: Blob) -> tuple[int, ...]:
    """Return every axis of the bottom in its new order."""
    for axis in params.order:
        if axis >= bottom.rank:
            why = f"order names axis {axis}, and a bottom of shape {bottom} has {bottom.rank} axes"
            raise ShapeError(why, "axes are counted from 0")
    rest = (axis for axis in range(bottom.rank) if axis not in params.order)
    return (*params.order, *rest)


PERMUTE = LayerType(name="Permute", params=PermuteParams, build=build, infer=infer)
