"""Reorg: pixels become channels, or channels pixels, in YOLO2's order."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.images import image_sides
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Count, Flag, Record


class ReorgParams(Record):
    """How many pixels become channels."""

    stride: Count
    """Side of the square of pixels that becomes a pixel, in pixels."""
    reverse: Flag = False
    """Whether channels become pixels instead."""


class Reorg(nn.Module):
    """Moves numbers from pixels to channels.

    Args:
        stride: side of the square.
        is_reverse: whether they are moved back.
    """

    def __init__(self, stride: int, is_reverse: bool) -> None:
        super().__init__()
        self.stride, self.is_reverse = stride, is_reverse

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to (N, C·stride², H/stride, W/stride), or back."""
        step = self.stride
        samples, channels, height, width = bottom.shape
        few = channels // step**2
        if self.is_reverse:
            parts = bottom.reshape(samples, step, step, few, height, width)
            parts = parts.permute(0, 3, 4, 1, 5, 2)  # (N, C / stride², H, stride, W, stride)
            return parts.reshape(samples, few, height * step, width * step)
        parts = bottom.reshape(samples, few, height, step, width, step)  # as if it were larger
        parts = parts.permute(0, 3, 5, 1, 2, 4)  # (N, stride, stride, C / stride², H, W)
        return parts.reshape(samples, channels * step**2, height // step, width // step)


def build(params: ReorgParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Give an image fewer pixels and more channels, without a number lost.

    Bottom: (N, C, H, W), any type; stride² divides C, and stride both H and W.
    Top: (N, C·stride², H/stride, W/stride); for a reverse one (N, C/stride², H·stride, W·stride).
    Raises: ShapeError if the bottom has not 4 axes, or stride does not divide it.
    Source: Darknet, reorg_layer.c, and forks of Caffe, reorg_layer.cpp. The numbers are read as if
        the bottom were (N, C/stride², H·stride, W·stride): no plain division into squares, but what
        YOLO2's weights were trained with.
    """
    infer(params, bottoms, setting)
    return Reorg(params.stride, params.reverse)


def infer(params: ReorgParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom, step = bottoms[0], params.stride
    height, width = image_sides(bottom, "Reorg")
    samples, channels = bottom.shape[:2]
    if channels % step**2:
        why = f"stride² = {step**2} does not divide the {channels} channels of {bottom}"
        raise ShapeError(why, "use a smaller stride, or more channels")
    if params.reverse:
        return (Blob((samples, channels // step**2, height * step, width * step), bottom.dtype),)
    if height % step or width % step:
        why = f"stride {step} does not divide both sides of {bottom}"
        raise ShapeError(why, "use images whose sides are multiples of the stride")
    return (Blob((samples, channels * step**2, height // step, width // step), bottom.dtype),)


REORG = LayerType(name="Reorg", params=ReorgParams, build=build, infer=infer)
