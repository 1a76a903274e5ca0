"""Reduction: the trailing axes become one number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import torch
from torch import nn

from protonet.layers.checks import axis_index, check_floating
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Integer, Number, Record

Reduce = Callable[[torch.Tensor, tuple[int, ...]], torch.Tensor]


def _sum_of_sizes(bottom: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return bottom.abs().sum(axes)


def _sum_of_squares(bottom: torch.Tensor, axes: tuple[int, ...]) -> torch.Tensor:
    return bottom.square().sum(axes)


_REDUCE: Mapping[str, Reduce] = MappingProxyType(
    {
        "SUM": torch.sum,
        "ASUM": _sum_of_sizes,
        "SUMSQ": _sum_of_squares,
        "MEAN": torch.mean,
    }
)


class ReductionParams(Record):
    """What becomes one number, and how."""

    operation: Literal["SUM", "ASUM", "SUMSQ", "MEAN"] = "SUM"
    """What is taken: the sum, the sum of absolute values (ASUM), of squares (SUMSQ), the mean."""
    axis: Integer = 0
    """First axis that is reduced, with all after it; a negative one counts from the end."""
    coeff: Number = 1.0
    """Factor of the result."""


class Reduction(nn.Module):
    """Reduces some axes.

    Args:
        reduce: what is taken.
        axes: the axes that go.
        coeff: factor of the result.
    """

    def __init__(self, reduce: Reduce, axes: tuple[int, ...], coeff: float) -> None:
        super().__init__()
        self.reduce, self.axes, self.coeff = reduce, axes, coeff

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom without the axes."""
        top = self.reduce(bottom, self.axes)
        return top if self.coeff == 1 else top * self.coeff


def build(params: ReductionParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Make one number of all that stands behind each position of the axes before `axis`.

    Bottom: any shape that has the axis, any float dtype.
    Top: the axes before `axis`; () where it is 0.
    Raises: ShapeError if the axis does not exist, or the bottom holds no floating-point numbers.
    Source: Caffe, reduction_layer.cpp: the gradient of ASUM at exactly 0 is 0, as in torch.
    """
    check_floating(bottoms)
    first = axis_index(params.axis, bottoms[0])
    axes = tuple(range(first, bottoms[0].rank))
    return Reduction(_REDUCE[params.operation], axes, params.coeff)


def infer(params: ReductionParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom = bottoms[0]
    return (Blob(bottom.shape[: axis_index(params.axis, bottom)], bottom.dtype),)


REDUCTION = LayerType(name="Reduction", params=ReductionParams, build=build, infer=infer)
