"""Deconvolution: each number of the bottom paints a filter onto a larger image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import torch
from torch.nn import functional

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index, check_floating
from protonet.layers.convolution import (
    Convolution,
    ConvolutionParams,
    Convolve,
    check_groups,
    fillers_of,
    fold_batch_axes,
    grid_of,
)
from protonet.layers.record import SOME, Blob, LayerType, Setting
from protonet.layers.windows import Grid


class DeconvolutionParams(ConvolutionParams):
    """How many output channels, and how large and how far apart the painted filters are."""


def build(params: DeconvolutionParams, bottoms: Sequence[Blob], setting: Setting) -> Convolution:
    """Add up filters, each times a number of the bottom, and a bias: the transpose of Convolution.

    Bottoms: (N, C, H, W), or any rank with C at `axis`; all of one shape.
    Tops: (N, num_output, H', W') with H' = (H - 1)*stride + dilation*(kernel - 1) + 1 - 2*pad.
    Raises: ShapeError if bottoms differ or hold no floating-point numbers, groups do not divide the
        channels, or the padding leaves nothing.
    Source: Caffe, deconv_layer.cpp. The weight is (C, num_output / group, kernel sides…).
    """
    check_floating(bottoms)
    infer(params, bottoms, setting)
    axis, grid = axis_index(params.axis, bottoms[0]), grid_of(params, bottoms[0])
    spread = _kernel(grid, params.group)
    if axis != 1:
        spread = partial(fold_batch_axes, spread, axis)
    weight = (bottoms[0].shape[axis], params.num_output // params.group, *grid.kernel)
    return Convolution(
        weight, params.num_output if params.bias_term else 0, spread, bottoms[0].dtype
    )


def infer(
    params: DeconvolutionParams, bottoms: Sequence[Blob], setting: Setting
) -> tuple[Blob, ...]:
    """Return the tops' shapes, by the formula of `build`."""
    first = bottoms[0]
    for bottom in bottoms:
        if bottom.shape != first.shape:
            raise ShapeError(f"the bottoms differ in shape: {first} and {bottom}")
    axis = axis_index(params.axis, first)
    check_groups(params, first.shape[axis])
    sides = tuple(
        _side(f"axis {axis + 1 + place} of {first}", *numbers)
        for place, numbers in enumerate(zip(*grid_of(params, first), strict=True))
    )
    shape = (*first.shape[:axis], params.num_output, *sides)
    return tuple(Blob(shape, bottom.dtype) for bottom in bottoms)


def _side(where: str, image: int, kernel: int, stride: int, pad: int, dilation: int) -> int:
    side = (image - 1) * stride + dilation * (kernel - 1) + 1 - 2 * pad
    if side < 1:
        sum_ = f"({image} - 1)*{stride} + {dilation}*({kernel} - 1) + 1 - 2*{pad} = {side}"
        raise ShapeError(f"nothing is left along {where}: {sum_}", "use a smaller pad")
    return side


def _kernel(grid: Grid, group: int) -> Convolve:
    """Return torch's transposed convolution for the number of spatial axes."""
    if not grid.image:
        return partial(_spread_points, group)
    functions = {
        1: functional.conv_transpose1d,
        2: functional.conv_transpose2d,
        3: functional.conv_transpose3d,
    }
    return partial(
        functions[len(grid.image)],
        stride=grid.stride,
        padding=grid.pad,
        dilation=grid.dilation,
        groups=group,
    )


def _spread_points(
    group: int, bottom: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
) -> torch.Tensor:
    """Deconvolve (N, C), an image without spatial axes."""
    lines, filters = bottom.unsqueeze(-1), weight.unsqueeze(-1)  # (N, C, 1), (C, num_output, 1)
    return functional.conv_transpose1d(lines, filters, bias, groups=group).squeeze(-1)


def _multiply_adds(
    params: DeconvolutionParams, bottoms: Sequence[Blob], tops: Sequence[Blob]
) -> int:
    taps = math.prod(grid_of(params, bottoms[0]).kernel) * params.num_output // params.group
    return sum(math.prod(bottom.shape) * taps for bottom in bottoms)


DECONVOLUTION = LayerType(
    name="Deconvolution",
    params=DeconvolutionParams,
    build=build,
    bottoms=SOME,
    tops=SOME,
    parameters=("weight", "bias"),
    fillers=fillers_of,
    multiply_adds=_multiply_adds,
    infer=infer,
)
