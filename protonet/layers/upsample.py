"""Upsample: a larger image, its pixels squares of equal ones, or put where pooling found them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from pydantic import model_validator
from torch import nn
from torch.nn import functional

from protonet.errors import DataError, ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.images import image_sides
from protonet.layers.record import Arity, Blob, LayerType, Setting
from protonet.records import Count, Flag, Record, custom_error


class UpsampleParams(Record):
    """How much larger the image becomes."""

    scale: Count | None = None
    """How many times higher and wider; not heard beside upsample_h and upsample_w."""
    scale_h: Count | None = None
    """How many times higher; with scale_w, in place of scale."""
    scale_w: Count | None = None
    """How many times wider."""
    pad_out_h: Flag = False
    """With a mask: whether the image becomes a pixel less high, as where its pooling rounded up;
    for twice the height only."""
    pad_out_w: Flag = False
    """With a mask: whether the image becomes a pixel less wide; for twice the width only."""
    upsample_h: Count | None = None
    """With a mask: height of the top, in pixels; with upsample_w, in place of scale."""
    upsample_w: Count | None = None
    """With a mask: width of the top, in pixels."""

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        for pair in ("scale", "upsample"):
            given = [side for side in "hw" if getattr(self, f"{pair}_{side}") is not None]
            if len(given) == 1:
                other = {"h": "w", "w": "h"}[given[0]]
                why = f"{pair}_{given[0]} is given alone"
                raise custom_error("PN011", why, f"{pair}_{other} is needed beside it")
        if self.scale is not None and self.scale_h is not None:
            why = "scale and scale_h are both given"
            raise custom_error("PN015", why, "give one of the two")
        if self.scale is None and self.scale_h is None and self.upsample_h is None:
            raise custom_error("PN011", "scale is missing", "scale: 2")
        if self.upsample_h is None:
            self._check_pads()
        return self

    def _check_pads(self) -> None:
        for side, scale in zip("hw", self.scales(), strict=True):
            if getattr(self, f"pad_out_{side}") and scale != 2:
                why = f"pad_out_{side} goes with a scale of 2, not of {scale}"
                raise custom_error("PN015", why, f"give upsample_{side}, in pixels")

    def scales(self) -> tuple[int, int]:
        """Return how many times higher and wider the image becomes."""
        return self.scale_h or self.scale or 1, self.scale_w or self.scale or 1

    def sides(self, image: tuple[int, int]) -> tuple[int, int]:
        """Return height and width of the top, in pixels, for those of the bottom."""
        if self.upsample_h is not None and self.upsample_w is not None:
            return self.upsample_h, self.upsample_w
        scales = self.scales()
        return image[0] * scales[0] - self.pad_out_h, image[1] * scales[1] - self.pad_out_w

    def masked_only(self) -> list[str]:
        """Return the keys given that mean something beside a mask only."""
        keys = ("pad_out_h", "pad_out_w", "upsample_h", "upsample_w")
        return [key for key in keys if getattr(self, key)]


class Upsample(nn.Module):
    """Repeats every pixel along height and width.

    Args:
        scales: how often along each.
    """

    def __init__(self, scales: tuple[int, int]) -> None:
        super().__init__()
        self.scales = scales

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to (N, C, H·scale, W·scale)."""
        pairs = zip(bottom.shape[2:], self.scales, strict=True)
        return functional.interpolate(bottom, [side * scale for side, scale in pairs])


class Unpooling(nn.Module):
    """Puts every pixel where a mask says, among zeros.

    Args:
        params: the keys, which say how large the top is.
    """

    def __init__(self, params: UpsampleParams) -> None:
        super().__init__()
        self.params = params

    def forward(self, bottom: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Map (N, C, H, W) to (N, C, H', W').

        Raises: DataError if the mask names a place outside the top (on a CPU).
        """
        height, width = self.params.sides((bottom.shape[2], bottom.shape[3]))
        places = mask.long().flatten(2)  # (N, C, H * W)
        top = bottom.new_zeros(*bottom.shape[:2], height * width)
        try:
            top = top.scatter(2, places, bottom.flatten(2))
        except RuntimeError:
            raise _outside(places, height, width) from None
        return top.reshape(*bottom.shape[:2], height, width)


def _outside(places: torch.Tensor, height: int, width: int) -> DataError:
    wrong = ((places < 0) | (places >= height * width)).nonzero()[0]
    place, sample = int(places[tuple(wrong)]), int(wrong[0])
    return DataError(
        f"the mask of sample {sample} names place {place}, outside the top's {height} * {width}"
        f" pixels (0 to {height * width - 1}); upsample_h and upsample_w are the sides of the image"
        " that was pooled"
    )


def build(params: UpsampleParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Repeat every pixel `scale` times along height and width; or put it where a mask says.

    Bottoms: images, (N, C, H, W), any float dtype; on request the mask, of the same shape, any
        number type, as the second top of a MAX Pooling gives it: the place of each pixel in its
        channel, row by row. The mask gets no gradient.
    Top: (N, C, H·scale, W·scale), or with a mask (N, C, upsample_h, upsample_w), 0 where it names
        nothing.
    Raises: ShapeError if the bottom has not 4 axes or holds no floating-point numbers, or the mask
        has another shape.
    Source: forks of Caffe for YOLO and, with a mask, SegNet: upsample_layer.cpp.
    """
    check_floating(bottoms[:1])
    infer(params, bottoms, setting)
    return Upsample(params.scales()) if len(bottoms) == 1 else Unpooling(params)


def infer(params: UpsampleParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    bottom = bottoms[0]
    image = image_sides(bottom, "Upsample")
    alone = params.masked_only() if len(bottoms) == 1 else []
    if alone:
        hint = "the mask is the second top of a MAX Pooling: bottom: [x, pool_mask]"
        raise ShapeError(f"{alone[0]} goes with a mask, and there is no second bottom", hint)
    for mask in bottoms[1:]:
        if mask.shape != bottom.shape:
            why = f"the mask of shape {mask} has not one place for each of bottom 0, {bottom}"
            raise ShapeError(why, "it is the second top of the Pooling that made the image small")
    return (Blob((*bottom.shape[:2], *params.sides(image)), bottom.dtype),)


UPSAMPLE = LayerType(
    name="Upsample", params=UpsampleParams, build=build, bottoms=Arity(1, 2), infer=infer
)
