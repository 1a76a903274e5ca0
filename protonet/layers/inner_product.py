"""A matrix applied to each example: the fully connected layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional as F

from protonet.fillers import Filler, constant
from protonet.layers.checks import axis_index, check_floating
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Count, Flag, Integer, Record


class InnerProductParams(Record):
    """How many outputs, and which axes are flattened into the inputs."""

    num_output: Count
    """Number of outputs per example."""
    bias_term: Flag = True
    """Whether a number is added to each output."""
    axis: Integer = 1
    """The first axis that belongs to an example; it and all after it are flattened."""
    transpose: Flag = False
    """Whether the weight is stored as (inputs, num_output) instead of (num_output, inputs)."""
    weight_filler: Filler = constant(0)
    """How the weight starts."""
    bias_filler: Filler = constant(0)
    """How the bias starts."""


class InnerProduct(nn.Module):
    """Flatten from `axis` on, multiply by the weight, add the bias.

    Args:
        weight: a tensor to become the weight, (outputs, inputs).
        bias: one to become the bias, (outputs,), or None.
        axis: the first axis that is flattened, not negative.
    """

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None, axis: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = None if bias is None else nn.Parameter(bias)
        self.axis = axis

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Map (N, …) to (N, num_output)."""
        return F.linear(bottom.flatten(self.axis), self.weight, self.bias)


class TransposedInnerProduct(InnerProduct):
    """The same with the weight stored as (inputs, outputs)."""

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Map (N, …) to (N, num_output)."""
        return F.linear(bottom.flatten(self.axis), self.weight.t(), self.bias)


def build(params: InnerProductParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Multiply each example, flattened from `axis` on, by a matrix and add a bias.

    Bottom: (N, …), any rank above `axis`. After a convolution the inputs are in the order C, H, W.
    Top: the axes before `axis`, then num_output.
    Raises: ShapeError if the bottom has no such axis or holds no floating-point numbers.
    Source: Caffe, inner_product_layer.cpp.
    """
    axis, dtype = axis_index(params.axis, bottoms[0]), bottoms[0].dtype
    check_floating(bottoms)
    shape = (params.num_output, _inputs(params, bottoms))
    bias = torch.empty(params.num_output, dtype=dtype) if params.bias_term else None
    if params.transpose:
        return TransposedInnerProduct(torch.empty(shape[::-1], dtype=dtype), bias, axis)
    return InnerProduct(torch.empty(shape, dtype=dtype), bias, axis)


def infer(
    params: InnerProductParams, bottoms: Sequence[Blob], setting: Setting
) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    kept = bottoms[0].shape[: axis_index(params.axis, bottoms[0])]
    return (Blob((*kept, params.num_output), bottoms[0].dtype),)


def _inputs(params: InnerProductParams, bottoms: Sequence[Blob]) -> int:
    return math.prod(bottoms[0].shape[axis_index(params.axis, bottoms[0]) :])


def _multiply_adds(
    params: InnerProductParams, bottoms: Sequence[Blob], tops: Sequence[Blob]
) -> int:
    return math.prod(tops[0].shape) * _inputs(params, bottoms)


def _fillers(params: InnerProductParams) -> Mapping[str, Filler]:
    return {"weight": params.weight_filler, "bias": params.bias_filler}


INNER_PRODUCT = LayerType(
    name="InnerProduct",
    params=InnerProductParams,
    build=build,
    parameters=("weight", "bias"),
    fillers=_fillers,
    multiply_adds=_multiply_adds,
    infer=infer,
)
