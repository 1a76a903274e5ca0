"""Slice: a blob cut into several along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Self

import torch
from pydantic import model_validator
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index
from protonet.layers.record import SOME, Blob, LayerType, Setting
from protonet.records import Count, Integer, Record, Size, custom_error


class SliceParams(Record):
    """Along which axis the bottom is cut, and where."""

    axis: Integer | None = None
    """Axis to cut along; a negative one counts from the end. Left out: 1, the channels."""
    slice_point: tuple[Count, ...] = ()
    """Where each top but the first begins along the axis, counted in elements from 0. Left out: all
    tops are equally long."""
    slice_dim: Size | None = None
    """Caffe's older word for `axis`, instead of it; counts from the start."""

    @model_validator(mode="after")
    def _one_word_for_the_axis(self) -> Self:
        if self.axis is not None and self.slice_dim is not None:
            raise custom_error("PN015", "axis and slice_dim say the same thing", "keep axis")
        return self

    @model_validator(mode="after")
    def _points_rise(self) -> Self:
        for one, next_one in pairwise(self.slice_point):
            if next_one <= one:
                why = f"slice_point {next_one} does not lie behind {one}"
                raise custom_error("PN013", why, "each top has at least one element")
        return self

    @property
    def cut(self) -> int:
        """The axis that either key gives."""
        given = self.axis if self.slice_dim is None else self.slice_dim
        return 1 if given is None else given


class Slice(nn.Module):
    """Cuts a tensor into several.

    Args:
        axis: to cut along.
        points: where the parts after the first begin; a number: so many equal parts.
        length: of the whole along the axis, where it does not follow the batch.
    """

    def __init__(self, axis: int, points: int | tuple[int, ...], length: int) -> None:
        super().__init__()
        self.axis, self.points, self.length = axis, points, length

    def forward(self, bottom: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the parts in order."""
        if bottom.shape[self.axis] != self.length:
            return torch.tensor_split(bottom, self.points, self.axis)
        # The same in one piece: its gradient is a single copy.
        if isinstance(self.points, int):
            return torch.split(bottom, self.length // self.points, self.axis)
        bounds = (0, *self.points, self.length)
        return torch.split(bottom, [end - start for start, end in pairwise(bounds)], self.axis)


def build(params: SliceParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Cut the bottom along one axis, at the points given or into equal parts.

    Bottom: any shape that has the axis.
    Tops: any number; their lengths along the axis add up to the bottom's, the other axes are its.
    Raises: ShapeError if the axis does not exist, the points do not fit the axis or the number of
        tops, or the axis cannot be cut equally.
    Source: Caffe, slice_layer.cpp.
    """
    _lengths(params, bottoms[0], setting.tops)
    if setting.tops == 1:
        return nn.Identity()
    axis = axis_index(params.cut, bottoms[0])
    return Slice(axis, params.slice_point or setting.tops, bottoms[0].shape[axis])


def infer(params: SliceParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the tops' shapes, by the formula of `build`."""
    shape, dtype = bottoms[0].shape, bottoms[0].dtype
    axis = axis_index(params.cut, bottoms[0])
    lengths = _lengths(params, bottoms[0], setting.tops)
    return tuple(Blob((*shape[:axis], length, *shape[axis + 1 :]), dtype) for length in lengths)


def _lengths(params: SliceParams, bottom: Blob, tops: int) -> list[int]:
    """Return how long each top is along the axis."""
    key = "axis" if params.slice_dim is None else "slice_dim"
    axis = axis_index(params.cut, bottom, key)
    whole, points = bottom.shape[axis], params.slice_point
    where = f"axis {axis} of {bottom}"
    if not points:
        if whole % tops:
            why = f"{where} cannot be cut into {tops} equal tops: {whole} / {tops} leaves"
            raise ShapeError(f"{why} {whole % tops}", "give slice_point where they are unequal")
        return [whole // tops] * tops
    if len(points) != tops - 1:
        why = f"slice_point has {len(points)} numbers for {tops} top{'' if tops == 1 else 's'}"
        raise ShapeError(why, "give where each top but the first begins")
    if points[-1] >= whole:
        why = f"slice_point {points[-1]} lies beyond the end of {where}"
        raise ShapeError(why, f"the last top begins at {whole - 1} at most")
    return [end - start for start, end in pairwise((0, *points, whole))]


SLICE = LayerType(name="Slice", params=SliceParams, build=build, tops=SOME, infer=infer)
