"""ArgMax: where the largest numbers stand, or what they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index, check_floating
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Count, Flag, Integer, Record


class ArgMaxParams(Record):
    """How many are looked for, where, and what is given."""

    out_max_val: Flag = False
    """Whether the numbers themselves are given: beside their indices without `axis`, instead of
    them with it."""
    top_k: Count = 1
    """How many of the largest are given, in falling order."""
    axis: Integer | None = None
    """Axis along which the largest are looked for; a negative one counts from the end. Left out:
    over each whole sample."""


@dataclass(frozen=True, slots=True)
class Largest:
    """Finds the largest numbers along an axis.

    Attributes:
        axis: counted from the start.
        top_k: how many.
    """

    axis: int
    top_k: int

    def find(self, bottom: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the numbers and their indices, int64; both have `top_k` along the axis.

        torch puts the first of equal numbers first, Caffe the last: it is looked for backwards.
        """
        backwards = bottom.detach().flip(self.axis)
        if self.top_k == 1:
            values, places = backwards.max(self.axis, keepdim=True)
        else:
            values, places = backwards.sort(dim=self.axis, descending=True, stable=True)
            values, places = (found.narrow(self.axis, 0, self.top_k) for found in (values, places))
        return values, bottom.shape[self.axis] - 1 - places


class ArgMaxAlong(nn.Module):
    """Gives the largest along an axis: their indices, or with `gives_values` the numbers."""

    def __init__(self, largest: Largest, gives_values: bool) -> None:
        super().__init__()
        self.largest, self.gives_values = largest, gives_values

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom with `top_k` along the axis."""
        values, indices = self.largest.find(bottom)
        return (values if self.gives_values else indices).to(_number_type(bottom.dtype))


class ArgMaxOfSample(nn.Module):
    """Gives the largest of each sample: their indices, with `gives_values` the numbers, too."""

    def __init__(self, largest: Largest, gives_values: bool) -> None:
        super().__init__()
        self.largest, self.gives_values = largest, gives_values

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return (N, 1, top_k, 1, …), or (N, 2, top_k, 1, …) with the numbers behind the
        indices."""
        values, indices = self.largest.find(bottom.reshape(bottom.shape[0], -1))
        dtype = _number_type(bottom.dtype)
        found = [indices.to(dtype), values.to(dtype)] if self.gives_values else [indices.to(dtype)]
        top = torch.stack(found, 1)
        return top.reshape(*top.shape, *(1,) * (bottom.dim() - 3))


def build(params: ArgMaxParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Give the indices of the largest numbers of each sample, or along an axis.

    Bottom: any shape, any float dtype; (N, …) without `axis`.
    Top: with `axis` the shape of the bottom, but `top_k` along it. Without: (N, 1, top_k), or
        (N, 2, top_k) with `out_max_val`, and axes of length 1 behind where the bottom has more
        than 3. Indices are numbers in float32, of a float64 bottom in float64; no gradient.
    Raises: ShapeError if the axis does not exist, or there are fewer numbers than `top_k`.
    Source: Caffe, argmax_layer.cpp: of equal numbers the last one comes first.
    """
    check_floating(bottoms)
    bottom = bottoms[0]
    if params.axis is None:
        if not bottom.rank:
            why = "bottom 0 is a single number, without an axis of samples"
            raise ShapeError(why, "the largest number of each sample is looked for")
        _check_count(params.top_k, math.prod(bottom.shape[1:]), f"a sample of {bottom}")
        return ArgMaxOfSample(Largest(1, params.top_k), params.out_max_val)
    axis = axis_index(params.axis, bottom)
    _check_count(params.top_k, bottom.shape[axis], f"axis {axis} of {bottom}")
    return ArgMaxAlong(Largest(axis, params.top_k), params.out_max_val)


def infer(params: ArgMaxParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    shape, dtype = bottoms[0].shape, _number_type(bottoms[0].dtype)
    if params.axis is None:
        found = (shape[0], 2 if params.out_max_val else 1, params.top_k)
        return (Blob((*found, *(1,) * (len(shape) - 3)), dtype),)
    axis = axis_index(params.axis, bottoms[0])
    return (Blob((*shape[:axis], params.top_k, *shape[axis + 1 :]), dtype),)


def _check_count(top_k: int, count: int, where: str) -> None:
    if top_k > count:
        raise ShapeError(f"top_k {top_k} exceeds the {count} numbers of {where}")


def _number_type(dtype: torch.dtype) -> torch.dtype:
    """Return a type that holds large indices too: bfloat16 has none between 256 and 258."""
    return torch.promote_types(dtype, torch.float32)


ARG_MAX = LayerType(
    name="ArgMax",
    params=ArgMaxParams,
    build=build,
    infer=infer,
    exclusions=MappingProxyType({"gradient": "an index has none"}),
)
