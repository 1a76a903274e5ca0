"""Samples as Pillow's images and back: one of three channels, or one for each channel.

Pillow's own functions then do the work of a whole image each, and their numbers are Pillow's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np

from protonet.errors import ShapeError
from protonet.transforms.record import Array, Context, images_of

if TYPE_CHECKING:
    from PIL.Image import Image, Resampling

Interpolation = Literal["nearest", "bilinear", "bicubic"]
Fill = tuple[float, ...]
"""One number for all channels, or one for each."""

_COLOURS = (1, 3)
"""Channels of what has colours, or shades of grey."""


def resampling(name: Interpolation) -> Resampling:
    """Return what Pillow calls an interpolation."""
    from PIL import Image

    return Image.Resampling[name.upper()]


def check_colours(context: Context) -> None:
    """Refuse samples that have no colours, or an order of channels that says nothing of colours.

    Raises: ShapeError.
    """
    channels = images_of(context)[0]
    if channels not in _COLOURS:
        raise ShapeError(
            f"it takes images of 1 or 3 channels, and the samples have {channels}",
            "leave it out",
        )


def changed(
    images: Array, rows: Iterator[int] | range | Array, change: Callable[[int, Image], Image]
) -> Array:
    """Return a copy of a batch, some images of which are changed as a whole.

    Args:
        images: (N, 1 or 3, H, W) bytes, three channels as red, green, blue.
        rows: numbers of those that are changed.
        change: from the number and the image, which is of mode L or RGB, to one of that size.
    """
    result = images.copy()
    for row in map(int, rows):
        put(change(row, picture(images[row])), result[row])
    return result


def picture(image: Array) -> Image:
    """Return (1 or 3, H, W) bytes as an image of mode L or RGB."""
    from PIL import Image

    planes = [Image.fromarray(np.ascontiguousarray(plane)) for plane in image]
    return planes[0] if len(planes) == 1 else Image.merge("RGB", planes)


def put(image: Image, into: Array) -> None:
    """Write an image of any mode into (C, H, W)."""
    for plane, band in zip(into, image.split(), strict=True):
        plane[...] = np.asarray(band)


def each_part(image: Array, change: Callable[[Image, slice], Image]) -> Array:
    """Return an image of any type and number of channels, changed channel by channel.

    Args:
        image: (C, H, W).
        change: from a part, which has three channels or one, and which channels it is.
    """
    from PIL import Image

    if image.dtype == np.uint8 and len(image) == 3:
        done = change(picture(image), slice(0, 3))
        result = np.empty((3, done.height, done.width), np.uint8)
        put(done, result)
        return result
    held = np.int32 if image.dtype.kind in "biu" and image.dtype != np.uint8 else np.float32
    planes = image if image.dtype == np.uint8 else image.astype(held)
    parts = [
        change(Image.fromarray(np.ascontiguousarray(plane)), slice(number, number + 1))
        for number, plane in enumerate(planes)
    ]
    return np.stack([np.asarray(part) for part in parts]).astype(image.dtype)


def fill_of(fill: Fill, channels: slice, image: Image) -> float | tuple[int, ...]:
    """Return the part of a fill that is for some channels, as Pillow takes it for an image."""
    numbers = fill * channels.stop if len(fill) == 1 else fill
    own = numbers[channels]
    if image.mode in ("L", "RGB", "I"):
        whole = tuple(round(number) for number in own)
        return whole if len(whole) > 1 else whole[0]
    return own[0]


def check_fill(fill: Fill, context: Context) -> None:
    """Refuse a fill that the samples cannot hold.

    Raises: ShapeError if there are neither one nor C numbers, or bytes cannot hold them.
    """
    channels = context.shape[0]
    if len(fill) not in (1, channels):
        raise ShapeError(
            f"fill has {len(fill)} numbers, and the samples have {channels} "
            f"channel{'' if channels == 1 else 's'}",
            f"give {'1' if channels == 1 else f'1 or {channels}'}",
        )
    stored = context.dtype == "uint8" and not context.arithmetic
    strange = [number for number in fill if not (0 <= number <= 255 and number == round(number))]
    if stored and strange:
        raise ShapeError(
            f"fill is {strange[0]:g}, and the samples are bytes",
            "give whole numbers from 0 to 255",
        )
