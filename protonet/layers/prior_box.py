"""PriorBox: the boxes that a detector starts from, at every pixel of a feature map."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType
from typing import Annotated, NamedTuple, Self

import torch
from pydantic import Field, model_validator
from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.constants import Constants
from protonet.layers.images import image_sides
from protonet.layers.record import TWO, Blob, LayerType, Setting
from protonet.records import Count, Flag, NonNegative, Positive, Record, custom_error

_SAME = 1e-6
"""Aspect ratios that differ by less are one, as in SSD's fork."""


class PriorBoxParams(Record):
    """Which boxes stand at a pixel, and how far apart the pixels are in the image."""

    min_size: Annotated[tuple[Positive, ...], Field(min_length=1)]
    """Sides of square boxes, in pixels of the image."""
    max_size: tuple[Positive, ...] = ()
    """For each min_size a larger one: a further square of side sqrt(min_size * max_size)."""
    aspect_ratio: tuple[Positive, ...] = ()
    """Width divided by height of further boxes, of the area of each min_size; 1 is there anyway."""
    flip: Flag = True
    """Whether the inverse of each aspect ratio is there, too."""
    clip: Flag = False
    """Whether boxes are cut at the borders of the image."""
    variance: tuple[Positive, ...] = ()
    """What a detector's offsets are multiplied by: one number, or one for each of left, top, right
    and bottom. Left out: 0.1."""
    img_size: Count | None = None
    """Side of the image, in pixels. Left out: the sides of the second bottom."""
    img_h: Count | None = None
    """Height of the image, in pixels; with img_w, in place of img_size."""
    img_w: Count | None = None
    """Width of the image, in pixels."""
    step: Positive | None = None
    """Distance of neighbouring pixels in the image, in its pixels. Left out: the image's side
    divided by the feature map's."""
    step_h: Positive | None = None
    """Vertical distance, in pixels of the image; with step_w, in place of step."""
    step_w: Positive | None = None
    """Horizontal distance, in pixels of the image."""
    offset: NonNegative = 0.5
    """Where in its square of the image a pixel's boxes have their centre, in steps."""

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if len(self.variance) not in (0, 1, 4):
            why = f"variance has {len(self.variance)} numbers"
            raise custom_error("PN013", why, "give one, or four: left, top, right, bottom")
        if self.max_size and len(self.max_size) != len(self.min_size):
            why = f"max_size has {len(self.max_size)} numbers, min_size has {len(self.min_size)}"
            raise custom_error("PN013", why, "give one for each min_size, or none")
        for least, most in zip(self.min_size, self.max_size, strict=False):
            if most <= least:
                raise custom_error("PN013", f"max_size {most:g} is not above min_size {least:g}")
        return self._each_once()

    def _each_once(self) -> Self:
        for whole in ("img", "step"):
            key = f"{whole}_size" if whole == "img" else whole
            pair = [side for side in "hw" if getattr(self, f"{whole}_{side}") is not None]
            if pair and getattr(self, key) is not None:
                why = f"{key} and {whole}_{pair[0]} are both given"
                raise custom_error("PN015", why, "give one of the two")
            if len(pair) == 1:
                other = {"h": "w", "w": "h"}[pair[0]]
                why = f"{whole}_{pair[0]} is given alone"
                raise custom_error("PN011", why, f"{whole}_{other} is needed beside it")
        return self

    def ratios(self) -> list[float]:
        """Return the aspect ratios in SSD's order, 1 first and each once."""
        found = [1.0]
        for ratio in self.aspect_ratio:
            if all(abs(ratio - known) >= _SAME for known in found):
                found += [ratio, 1 / ratio] if self.flip else [ratio]
        return found

    def boxes(self) -> list[tuple[float, float]]:
        """Return width and height of the boxes at one pixel, in pixels of the image."""
        found = []
        for place, least in enumerate(self.min_size):
            found.append((least, least))
            if self.max_size:
                side = math.sqrt(least * self.max_size[place])
                found.append((side, side))
            roots = [math.sqrt(ratio) for ratio in self.ratios()[1:]]
            found += [(least * root, least / root) for root in roots]
        return found


class _Along(NamedTuple):
    """One axis: pixels of the feature map and of the image, and the distance between centres."""

    pixels: int
    image: int
    step: float


class PriorBox(nn.Module):
    """Lays boxes over an image.

    Args:
        params: the keys.
    """

    def __init__(self, params: PriorBoxParams) -> None:
        super().__init__()
        self.params, boxes = params, params.boxes()
        self.sizes = Constants([side for box in boxes for side in box], (len(boxes), 2))
        self.variance = Constants(params.variance or (0.1,))

    def forward(self, features: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """Return boxes and variances, (1, 2, H·W·boxes·4)."""
        params = self.params
        rows, columns = (_along(params, axis, features, image) for axis in (0, 1))
        sizes = self.sizes.like(features.new_empty((), dtype=torch.float64))  # (boxes, 2)
        y, x = (_centres(along, params.offset, sizes) for along in (rows, columns))
        centres = torch.stack(torch.meshgrid(y, x, indexing="ij")[::-1], -1)[:, :, None]
        scale = torch.stack([sizes.new_full((), along.image) for along in (columns, rows)])
        corners = torch.cat([(centres - sizes / 2) / scale, (centres + sizes / 2) / scale], -1)
        corners = corners.clamp(0, 1) if params.clip else corners  # (H, W, boxes, 4)
        shares = self.variance.like(corners).expand_as(corners)
        top = torch.stack([corners.flatten(), shares.flatten()])[None]
        return top.to(features.dtype)


def _centres(along: _Along, offset: float, like: torch.Tensor) -> torch.Tensor:
    """Return the centres along an axis, in pixels of the image."""
    return (torch.arange(along.pixels, dtype=like.dtype, device=like.device) + offset) * along.step


def _along(
    params: PriorBoxParams, axis: int, features: Blob | torch.Tensor, image: Blob | torch.Tensor
) -> _Along:
    side = (params.img_h, params.img_w)[axis] or params.img_size or image.shape[2 + axis]
    pixels = features.shape[2 + axis]
    step = (params.step_h, params.step_w)[axis] or params.step or side / pixels
    return _Along(pixels, side, step)


def build(params: PriorBoxParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Lay boxes of several sizes and shapes around the place of every pixel.

    Bottoms: a feature map and the image it was made from, (N, C, H, W) each, of which the sides
        alone matter; neither gets a gradient.
    Top: (1, 2, H·W·boxes·4): left, top, right and bottom of each box as shares of the image's
        sides; and the variances. Pixel by pixel; at each, for every min_size, its square, the one
        of max_size, and the aspect ratios.
    Raises: ShapeError if one of the bottoms has not 4 axes.
    Source: SSD's fork of Caffe, prior_box_layer.cpp.
    """
    check_floating(bottoms[:1])
    infer(params, bottoms, setting)
    return PriorBox(params)


def infer(params: PriorBoxParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    features, image = bottoms
    height, width = image_sides(features, "PriorBox")
    image_sides(image, "PriorBox")
    return (Blob((1, 2, height * width * len(params.boxes()) * 4), features.dtype),)


PRIOR_BOX = LayerType(
    name="PriorBox",
    params=PriorBoxParams,
    build=build,
    bottoms=TWO,
    infer=infer,
    exclusions=MappingProxyType({"gradient": "the numbers of the bottoms have no part in it"}),
)
