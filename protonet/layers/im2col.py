"""Im2col: every window of an image becomes a column, as a convolution reads it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index
from protonet.layers.one_or_more import Counts
from protonet.layers.record import Blob, LayerType, Setting
from protonet.layers.windows import Grid, Windows, per_axis
from protonet.records import Integer


class Im2colParams(Windows):
    """Where the windows lie."""

    dilation: Counts = (1,)
    """Distance between neighbouring elements of a window, in pixels: a number, or one per axis."""
    axis: Integer = 1
    """The axis of the channels: those before it are batch axes, those after it spatial."""


class Im2col(nn.Module):
    """Puts the numbers of each window where the channels are.

    Args:
        axis: of the channels, not negative.
        grid: where the windows lie.
    """

    def __init__(self, axis: int, grid: Grid) -> None:
        super().__init__()
        self.axis, self.grid = axis, grid

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Map (…, C, H, W) to (…, C·window, H', W')."""
        if bottom.dim() == 4 and self.axis == 1 and bottom.is_floating_point():
            return self._unfolded(bottom)
        axes, first = len(self.grid.image), self.axis + 1
        margins = [side for pad in reversed(self.grid.pad) for side in (pad, pad)]
        columns = functional.pad(bottom, margins) if any(margins) else bottom
        for place in range(axes):
            gap = self.grid.dilation[place]
            span = gap * (self.grid.kernel[place] - 1) + 1
            columns = columns.unfold(first + place, span, self.grid.stride[place])[..., ::gap]
        # (…, C, H', W', kernel_h, kernel_w): the window's axes go beside the channels
        order = [*range(first), *range(first + axes, first + 2 * axes)]
        columns = columns.permute(*order, *range(first, first + axes))
        return columns.flatten(self.axis, self.axis + axes)

    def _unfolded(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the same of (N, C, H, W) by torch's own kernel, which is faster."""
        kernel, stride, pad, dilation = self.grid[1:]
        columns = functional.unfold(bottom, kernel, dilation, pad, stride)
        places = self.grid.places(Blob(tuple(bottom.shape)))
        return columns.view(*columns.shape[:2], *places)


def build(params: Im2colParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Write the numbers of each window one below the other.

    Bottom: (N, C, H, W), or any rank with C at `axis` and at least one axis after it; any type.
    Top: (N, C·window, H', W'), H' as of Convolution; the rows in the order C, kernel_h, kernel_w.
    Raises: ShapeError if there is no spatial axis or no window fits.
    Source: Caffe, im2col_layer.cpp.
    """
    infer(params, bottoms, setting)
    return Im2col(axis_index(params.axis, bottoms[0]), _grid(params, bottoms[0]))


def infer(params: Im2colParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom, grid = bottoms[0], _grid(params, bottoms[0])
    axis = axis_index(params.axis, bottom)
    channels = bottom.shape[axis] * math.prod(grid.kernel)
    return (Blob((*bottom.shape[:axis], channels, *grid.places(bottom)), bottom.dtype),)


def _grid(params: Im2colParams, bottom: Blob) -> Grid:
    image = bottom.shape[axis_index(params.axis, bottom) + 1 :]
    axes = len(image)
    if not axes:
        raise ShapeError(
            f"the bottom {bottom} has no spatial axis after axis {params.axis}",
            "Im2col needs images, (N, C, H, W)",
        )
    if not params.has_kernel:
        raise ShapeError("kernel_size is missing", "give kernel_size, or kernel_h and kernel_w")
    dilation = per_axis("dilation", params.dilation, axes=axes)
    return Grid(image, params.kernels(axes), params.strides(axes), params.pads(axes), dilation)


IM2COL = LayerType(name="Im2col", params=Im2colParams, build=build, infer=infer)
