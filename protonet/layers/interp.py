"""Interp: images of another size, each pixel mixed of its four nearest ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple, Self

import torch
from pydantic import Field, model_validator
from torch import nn
from torch.nn import functional

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.images import image_sides
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Count, Record, custom_error

Cut = Annotated[int, Field(strict=True, le=0)]
"""A whole number of at most 0: minus how many pixels are cut off."""


class InterpParams(Record):
    """The new size: as numbers, or as factors."""

    height: Count | None = None
    """Height of the top, in pixels; with width, in place of the factors."""
    width: Count | None = None
    """Width of the top, in pixels."""
    zoom_factor: Count | None = None
    """Pixels of the top per distance between two of the bottom; after shrink_factor where both are
    given."""
    shrink_factor: Count | None = None
    """Distance, in pixels of the bottom, between two of the top."""
    pad_beg: Cut = 0
    """Minus the rows and columns that are cut off above and left, before anything else."""
    pad_end: Cut = 0
    """Minus the rows and columns that are cut off below and right."""

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        sides, factors = (
            [key for key in keys if getattr(self, key) is not None]
            for keys in (("height", "width"), ("zoom_factor", "shrink_factor"))
        )
        if sides and factors:
            why = f"{sides[0]} and {factors[0]} both give a size"
            raise custom_error("PN015", why, "give height and width, or factors")
        if len(sides) == 1 or not (sides or factors):
            why = f"{sides[0]} is given alone" if sides else "no size is given"
            raise custom_error(
                "PN011", why, "give height and width, or zoom_factor, or shrink_factor"
            )
        return self


class _Along(NamedTuple):
    """One axis of the image: where the part begins and ends, and its length in the top."""

    start: int
    end: int
    length: int


class Interp(nn.Module):
    """Interpolates images; the corners of the image stay its corners.

    Args:
        params: the keys, which give the size for an image of any size.
    """

    def __init__(self, params: InterpParams) -> None:
        super().__init__()
        self.params = params

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to (N, C, H', W')."""
        rows, columns = (_along(self.params, axis, bottom.shape[2 + axis]) for axis in (0, 1))
        part = bottom[:, :, rows.start : rows.end, columns.start : columns.end]
        sides = (rows.length, columns.length)
        return functional.interpolate(part, sides, mode="bilinear", align_corners=True)


def build(params: InterpParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Interpolate bilinearly between the pixels, the four corners of the image kept in place.

    Bottom: (N, C, H, W), any float dtype.
    Top: (N, C, H', W'). With h = H + pad_beg + pad_end, H' = height, or
        floor((h - 1) / shrink_factor) + 1, and of that h: h + (h - 1)*(zoom_factor - 1).
    Raises: ShapeError if the bottom has not 4 axes, or nothing is left of it.
    Source: DeepLab's fork of Caffe, interp_layer.cpp; padding above 0 is refused there too.
    """
    check_floating(bottoms)
    infer(params, bottoms, setting)
    return Interp(params)


def infer(params: InterpParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom = bottoms[0]
    sides = []
    for axis, side in enumerate(image_sides(bottom, "Interp")):
        left = side + params.pad_beg + params.pad_end
        if left < 1:
            sum_ = f"{side} - {-params.pad_beg} - {-params.pad_end} = {left}"
            raise ShapeError(
                f"nothing is left along axis {2 + axis} of {bottom}: {sum_}",
                "cut off less: pad_beg and pad_end nearer to 0",
            )
        sides.append(_along(params, axis, side).length)
    return (Blob((*bottom.shape[:2], *sides), bottom.dtype),)


def _along(params: InterpParams, axis: int, side: int) -> _Along:
    start, end = -params.pad_beg, side + params.pad_end
    length = (params.height, params.width)[axis]
    if length is None:
        length = (end - start - 1) // (params.shrink_factor or 1) + 1
        length += (length - 1) * ((params.zoom_factor or 1) - 1)
    return _Along(start, end, length)


INTERP = LayerType(name="Interp", params=InterpParams, build=build, infer=infer)
