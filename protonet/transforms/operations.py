"""The operations that AutoAugment and its successors choose from, on one image each.

Source: Cubuk et al.: AutoAugment, 2018, appendix, in the form of its published code, which is
Pillow's operations; as in torchvision, shears and shifts leave the upper left corner where it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from protonet.records import ChannelOrder
from protonet.transforms import colours
from protonet.transforms.pictures import (
    Fill,
    Interpolation,
    changed,
    each_part,
    fill_of,
    resampling,
)
from protonet.transforms.record import Array

if TYPE_CHECKING:
    from PIL.Image import Image

Affine = tuple[float, float, float, float, float, float]
"""a, b, c, d, e, f: what is at (x, y) comes from (a x + b y + c, d x + e y + f)."""
Act = tuple[str, float]
"""The name of an operation, and how much."""


def _enhanced(change: colours.Change) -> colours.Change:
    """Return an enhancement whose 0 leaves the image as it is."""
    return lambda image, much: change(image, 1 + much)


COLOURS: Mapping[str, colours.Change] = MappingProxyType(
    {
        "Brightness": _enhanced(colours.brightness),
        "Color": _enhanced(colours.saturation),
        "Contrast": _enhanced(colours.contrast),
        "Sharpness": _enhanced(colours.sharpness),
        "Posterize": colours.posterize,
        "Solarize": colours.solarize,
        "AutoContrast": colours.autocontrast,
        "Equalize": colours.equalize,
        "Invert": colours.invert,
    }
)
"""Operations that change colours."""

_SHIFTS: Mapping[str, Callable[[float], Affine]] = MappingProxyType(
    {
        "ShearX": lambda much: (1, much, 0, 0, 1, 0),
        "ShearY": lambda much: (1, 0, 0, much, 1, 0),
        "TranslateX": lambda much: (1, 0, -math.trunc(much), 0, 1, 0),
        "TranslateY": lambda much: (1, 0, 0, 0, 1, -math.trunc(much)),
    }
)
GEOMETRY = (*_SHIFTS, "Rotate")
"""Operations that move pixels: the only ones that a label image takes part in."""
IDENTITY = "Identity"
SIGNED = frozenset({*GEOMETRY, "Brightness", "Color", "Contrast", "Sharpness"})
"""Operations that go either way, by chance."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Carries out operations.

    Attributes:
        interpolation: of pixels between pixels.
        fill: what comes in at the edges.
        channels: order of the images' channels.
        moves_only: leave colours as they are: of label images.
    """

    interpolation: Interpolation
    fill: Fill
    channels: ChannelOrder | None
    moves_only: bool

    def host(self, images: Array, acts: list[list[Act]]) -> Array:
        """Carry out on each image of (N, C, H, W) its own operations, one after the other."""
        rows = [row for row, own in enumerate(acts) if any(name != IDENTITY for name, _ in own)]
        if self.moves_only:
            result = images.copy()
            for row in rows:
                moves = [act for act in acts[row] if act[0] in GEOMETRY]
                result[row] = self._moved(images[row], moves)
            return result

        def change(row: int, image: Image) -> Image:
            for name, much in acts[row]:
                image = self._act(image, name, much)
            return image

        return colours.in_rgb(
            images, self.channels, lambda rgb: changed(rgb, np.array(rows, np.int64), change)
        )

    def _act(self, image: Image, name: str, much: float) -> Image:
        if name == IDENTITY:
            return image
        if name in COLOURS:
            return COLOURS[name](image, much)
        return self._move((name, much), image, slice(0, len(image.getbands())))

    def _moved(self, image: Array, moves: list[Act]) -> Array:
        for move in moves:
            image = each_part(image, partial(self._move, move))
        return image

    def _move(self, move: Act, part: Image, which: slice) -> Image:
        from PIL import Image as pillow

        name, much = move
        filter_, fill = resampling(self.interpolation), fill_of(self.fill, which, part)
        if name == "Rotate":
            return part.rotate(much, filter_, fillcolor=fill)
        matrix = _SHIFTS[name](much)
        return part.transform(part.size, pillow.Transform.AFFINE, matrix, filter_, fillcolor=fill)
