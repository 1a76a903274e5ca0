"""Tile: a blob repeated along one axis."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.checks import axis_index
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Count, Integer, Record


class TileParams(Record):
    """How often the bottom is repeated, and along which axis."""

    axis: Integer = 1
    """Axis to repeat along; a negative one counts from the end."""
    tiles: Count
    """How often the bottom stands in the top: 1 changes nothing."""


class Tile(nn.Module):
    """Repeats a tensor `tiles` times along an axis."""

    def __init__(self, axis: int, tiles: int) -> None:
        super().__init__()
        self.axis, self.tiles = axis, tiles

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return copies of the bottom one after the other."""
        return torch.cat([bottom] * self.tiles, self.axis)  # faster than torch's own repeat


def build(params: TileParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Repeat the whole bottom `tiles` times along one axis.

    Bottom: any shape that has the axis, any type.
    Top: the shape of the bottom, `tiles` times as long along the axis.
    Raises: ShapeError if the axis does not exist.
    Source: Caffe, tile_layer.cpp.
    """
    return Tile(axis_index(params.axis, bottoms[0]), params.tiles)


def infer(params: TileParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    shape, axis = bottoms[0].shape, axis_index(params.axis, bottoms[0])
    longer = (*shape[:axis], shape[axis] * params.tiles, *shape[axis + 1 :])
    return (Blob(longer, bottoms[0].dtype),)


TILE = LayerType(name="Tile", params=TileParams, build=build, infer=infer)
