"""Upsample: each pixel becomes a square of equal ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from protonet.layers.checks import check_floating
from protonet.layers.images import image_sides
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Count, Record


class UpsampleParams(Record):
    """How much larger the image becomes."""

    scale: Count
    """Side of the square that a pixel becomes, in pixels."""


class Upsample(nn.Module):
    """Repeats every pixel along height and width.

    Args:
        scale: how often.
    """

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to (N, C, H·scale, W·scale)."""
        sides = [side * self.scale for side in bottom.shape[2:]]
        return functional.interpolate(bottom, sides, mode="nearest")


def build(params: UpsampleParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Repeat every pixel `scale` times along height and width.

    Bottom: (N, C, H, W), any float dtype.
    Top: (N, C, H·scale, W·scale).
    Raises: ShapeError if the bottom has not 4 axes or holds no floating-point numbers.
    Source: forks of Caffe for YOLO, upsample_layer.cpp.
    """
    check_floating(bottoms)
    infer(params, bottoms, setting)
    return Upsample(params.scale)


def infer(params: UpsampleParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom = bottoms[0]
    height, width = image_sides(bottom, "Upsample")
    shape = (*bottom.shape[:2], height * params.scale, width * params.scale)
    return (Blob(shape, bottom.dtype),)


UPSAMPLE = LayerType(name="Upsample", params=UpsampleParams, build=build, infer=infer)
