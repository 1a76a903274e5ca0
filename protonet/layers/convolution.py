"""Convolution along one to three spatial axes, or none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

from protonet.errors import ShapeError
from protonet.fillers import Filler, constant
from protonet.layers.checks import axis_index, check_floating
from protonet.layers.one_or_more import Counts
from protonet.layers.record import SOME, Blob, LayerType, Setting
from protonet.layers.windows import Grid, Windows, per_axis
from protonet.records import Count, Flag, Integer

Convolve = Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]


class ConvolutionParams(Windows):
    """How many filters, how large, how far apart."""

    num_output: Count
    """Number of filters, which is the number of output channels."""
    bias_term: Flag = True
    """Whether a number is added to each output channel."""
    dilation: Counts = (1,)
    """Distance between neighbouring elements of a filter, in pixels: a number, or one per axis."""
    group: Count = 1
    """Number of groups that the channels are split into; a filter sees the channels of its own."""
    axis: Integer = 1
    """The axis of the channels: those before it are batch axes, those after it spatial."""
    weight_filler: Filler = constant(0)
    """How the filters start."""
    bias_filler: Filler = constant(0)
    """How the biases start."""


class Convolution(nn.Module):
    """The same filters on each bottom.

    Args:
        weight: shape of the filters, (num_output, C / group, kernel sides…).
        biases: how many biases there are, num_output or none.
        convolve: `convolve(bottom, weight, bias)`.
        dtype: element type of the parameters.
    """

    def __init__(
        self, weight: tuple[int, ...], biases: int, convolve: Convolve, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(weight, dtype=dtype))
        self.bias = nn.Parameter(torch.empty(biases, dtype=dtype)) if biases else None
        self.convolve = convolve

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Convolve (N, C, …) to (N, num_output, …); several bottoms give as many tops."""
        tops = tuple(self.convolve(bottom, self.weight, self.bias) for bottom in bottoms)
        return tops if len(tops) > 1 else tops[0]


def build(params: ConvolutionParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Convolve each bottom with `num_output` filters and add a bias.

    Bottoms: (N, C, H, W), or any rank with C at `axis`; all of one shape.
    Tops: (N, num_output, H', W') with
        H' = floor((H + 2*pad - (dilation*(kernel - 1) + 1)) / stride) + 1.
    Raises: ShapeError if bottoms differ or hold no floating-point numbers, groups do not divide the
        channels, or no window fits.
    Source: Caffe, base_conv_layer.cpp.
    """
    check_floating(bottoms)
    axis = axis_index(params.axis, bottoms[0])
    infer(params, bottoms, setting)
    grid = grid_of(params, bottoms[0])
    convolve = _kernel(grid, params.group)
    if axis != 1:
        convolve = partial(fold_batch_axes, convolve, axis)
    weight = (params.num_output, bottoms[0].shape[axis] // params.group, *grid.kernel)
    biases = params.num_output if params.bias_term else 0
    return Convolution(weight, biases, convolve, bottoms[0].dtype)


def infer(params: ConvolutionParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the tops' shapes, by the formula of `build`."""
    first = bottoms[0]
    for bottom in bottoms:
        if bottom.shape != first.shape:
            raise ShapeError(f"the bottoms differ in shape: {first} and {bottom}")
    axis = axis_index(params.axis, first)
    check_groups(params, first.shape[axis])
    places = grid_of(params, first).places(first)
    shape = (*first.shape[:axis], params.num_output, *places)
    return tuple(Blob(shape, bottom.dtype) for bottom in bottoms)


def check_groups(params: ConvolutionParams, channels: int) -> None:
    """Refuse groups that do not divide channels and filters.

    Raises: ShapeError.
    """
    for number, what in ((channels, "channels"), (params.num_output, "filters (num_output)")):
        if number % params.group:
            raise ShapeError(f"group {params.group} does not divide the {number} {what}")


def grid_of(params: ConvolutionParams, bottom: Blob) -> Grid:
    """Return where the windows lie on a bottom.

    Raises: ShapeError if the keys do not fit its spatial axes, or there are more than 3.
    """
    image = bottom.shape[axis_index(params.axis, bottom) + 1 :]
    axes = len(image)
    if axes > 3:
        raise ShapeError(f"the bottom {bottom} has {axes} spatial axes, at most 3 are convolved")
    if axes and not params.has_kernel:
        raise ShapeError("kernel_size is missing", "give kernel_size, or kernel_h and kernel_w")
    dilation = per_axis("dilation", params.dilation, axes=axes)
    return Grid(image, params.kernels(axes), params.strides(axes), params.pads(axes), dilation)


def _kernel(grid: Grid, group: int) -> Convolve:
    """Return torch's convolution for the number of spatial axes."""
    if not grid.image:
        return partial(_convolve_points, group)
    function = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[len(grid.image)]
    return partial(
        function, stride=grid.stride, padding=grid.pad, dilation=grid.dilation, groups=group
    )


def _convolve_points(
    group: int, bottom: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None
) -> torch.Tensor:
    """Convolve (N, C), an image without spatial axes."""
    lines, filters = bottom.unsqueeze(-1), weight.unsqueeze(-1)  # (N, C, 1), (num_output, C, 1)
    return F.conv1d(lines, filters, bias, groups=group).squeeze(-1)


def fold_batch_axes(
    convolve: Convolve,
    axis: int,
    bottom: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
) -> torch.Tensor:
    """Convolve with all axes before `axis` as one batch axis."""
    top = convolve(bottom.reshape(-1, *bottom.shape[axis:]), weight, bias)
    return top.reshape(*bottom.shape[:axis], *top.shape[1:])


def _multiply_adds(params: ConvolutionParams, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> int:
    channels = bottoms[0].shape[axis_index(params.axis, bottoms[0])]
    taps = math.prod(grid_of(params, bottoms[0]).kernel) * channels // params.group
    return sum(math.prod(top.shape) * taps for top in tops)


def fillers_of(params: ConvolutionParams) -> Mapping[str, Filler]:
    """Return the fillers by the parameters' names."""
    return {"weight": params.weight_filler, "bias": params.bias_filler}


CONVOLUTION = LayerType(
    name="Convolution",
    params=ConvolutionParams,
    build=build,
    bottoms=SOME,
    tops=SOME,
    parameters=("weight", "bias"),
    fillers=fillers_of,
    multiply_adds=_multiply_adds,
    infer=infer,
)
