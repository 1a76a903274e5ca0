"""Concat: blobs joined along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from pydantic import model_validator
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index, check_one_type
from protonet.layers.record import SOME, Blob, LayerType, Setting
from protonet.records import Integer, Record, Size, custom_error


class ConcatParams(Record):
    """Along which axis the bottoms are joined."""

    axis: Integer | None = None
    """Axis to join along; a negative one counts from the end. Left out: 1, the channels."""
    concat_dim: Size | None = None
    """Caffe's older word for `axis`, instead of it; counts from the start."""

    @model_validator(mode="after")
    def _one_word_for_the_axis(self) -> Self:
        if self.axis is not None and self.concat_dim is not None:
            raise custom_error("PN015", "axis and concat_dim say the same thing", "keep axis")
        return self

    @property
    def joined(self) -> int:
        """The axis that either key gives."""
        given = self.axis if self.concat_dim is None else self.concat_dim
        return 1 if given is None else given


class Concat(nn.Module):
    """Joins any number of tensors along one axis."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor:
        """Return the bottoms one after the other along the axis."""
        return torch.cat(bottoms, self.axis)


def build(params: ConcatParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Join the bottoms one after the other along one axis.

    Bottoms: any number, equal in all other axes and in element type.
    Top: the shape of the bottoms, with the sum of their lengths along the axis.
    Raises: ShapeError if the axis does not exist, or the bottoms differ elsewhere or in type.
    Source: Caffe, concat_layer.cpp.
    """
    check_one_type(bottoms)
    key = "axis" if params.concat_dim is None else "concat_dim"
    axis = axis_index(params.joined, bottoms[0], key)
    for position, blob in enumerate(bottoms):
        if _without(axis, blob) != _without(axis, bottoms[0]):
            raise ShapeError(
                f"bottom {position} of shape {blob} cannot follow bottom 0 of shape {bottoms[0]}"
                f" along axis {axis}",
                "all other axes must have equal lengths",
            )
    return Concat(axis)


def infer(params: ConcatParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    first = bottoms[0]
    axis = axis_index(params.joined, first)
    joined = sum(blob.shape[axis] for blob in bottoms)
    return (Blob((*first.shape[:axis], joined, *first.shape[axis + 1 :]), first.dtype),)


def _without(axis: int, blob: Blob) -> tuple[int, ...]:
    return (blob.rank, *blob.shape[:axis], *blob.shape[axis + 1 :])


CONCAT = LayerType(name="Concat", params=ConcatParams, build=build, bottoms=SOME, infer=infer)
