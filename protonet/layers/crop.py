"""Crop: the part of a blob that has the size of another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index
from protonet.layers.one_or_more import Sizes
from protonet.layers.record import TWO, Blob, LayerType, Setting
from protonet.records import Integer, Record


class CropParams(Record):
    """Which axes are cut, and where the part begins."""

    axis: Integer = 2
    """The first axis that is cut; it and all after it get the lengths of the second bottom."""
    offset: Sizes = (0,)
    """Where the part begins along each of these axes: one number for all, or one per axis."""


class Crop(nn.Module):
    """Takes a part of the first bottom, as long as the second along every axis from `axis` on.

    Args:
        axis: the first axis that is cut, not negative.
        offsets: where the part begins, one number per axis from `axis` on.
    """

    def __init__(self, axis: int, offsets: Sequence[int]) -> None:
        super().__init__()
        self.axis, self.offsets = axis, tuple(offsets)

    def forward(self, bottom: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """Return the part; nothing is copied."""
        for axis, offset in enumerate(self.offsets, self.axis):
            bottom = bottom.narrow(axis, offset, like.shape[axis])
        return bottom


def build(params: CropParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Cut a part out of a blob.

    Bottoms: any shape and type; one with as many axes, of which the lengths alone matter.
    Top: the lengths of the first bottom before `axis`, those of the second from there on.
    Raises: ShapeError if the axis does not exist, the bottoms differ in their number of axes, or
        the part does not lie within the first bottom.
    Source: Caffe, crop_layer.cpp.
    """
    infer(params, bottoms, setting)
    axis = axis_index(params.axis, bottoms[0])
    return Crop(axis, _offsets(params, bottoms[0].rank - axis))


def infer(params: CropParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom, like = bottoms
    first = axis_index(params.axis, bottom)
    if bottom.rank != like.rank:
        raise ShapeError(f"the bottoms differ in their number of axes: {bottom} and {like}")
    for axis, offset in enumerate(_offsets(params, bottom.rank - first), first):
        length, wanted = bottom.shape[axis], like.shape[axis]
        if offset + wanted > length:
            why = f"{wanted} from {offset} on is beyond axis {axis} of {bottom}:"
            raise ShapeError(
                f"{why} {offset} + {wanted} = {offset + wanted} > {length}",
                "use a smaller offset, or a second bottom that is smaller",
            )
    return (Blob(bottom.shape[:first] + like.shape[first:], bottom.dtype),)


def _offsets(params: CropParams, axes: int) -> tuple[int, ...]:
    given = params.offset
    if len(given) == 1:
        return given * axes
    if len(given) != axes:
        raise ShapeError(
            f"offset has {len(given)} numbers, and {axes} {'axis is' if axes == 1 else 'axes are'}"
            " cut",
            "give one number for all axes from axis on, or one per axis",
        )
    return given


CROP = LayerType(name="Crop", params=CropParams, build=build, bottoms=TWO, infer=infer)
