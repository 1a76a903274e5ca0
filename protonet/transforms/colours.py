"""Changes of colour, of one image of bytes each: Pillow's own operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from protonet.records import ChannelOrder
from protonet.transforms.record import Array

if TYPE_CHECKING:
    from PIL.Image import Image

Change = Callable[["Image", float], "Image"]
"""(image of mode L or RGB, how much) → an image of that mode and size."""


def brightness(image: Image, factor: float) -> Image:
    """Multiply every byte: 0 is black, 1 leaves the image, more is brighter."""
    from PIL import ImageEnhance

    return ImageEnhance.Brightness(image).enhance(factor)


def contrast(image: Image, factor: float) -> Image:
    """Move every byte away from the image's mean grey: 0 is grey, 1 leaves the image."""
    from PIL import ImageEnhance

    return ImageEnhance.Contrast(image).enhance(factor)


def saturation(image: Image, factor: float) -> Image:
    """Move every pixel away from its own grey: 0 is grey, 1 leaves the image."""
    from PIL import ImageEnhance

    return ImageEnhance.Color(image).enhance(factor)


def sharpness(image: Image, factor: float) -> Image:
    """Move every pixel away from a smoothed image: 0 is smooth, 1 leaves the image."""
    from PIL import ImageEnhance

    return ImageEnhance.Sharpness(image).enhance(factor)


def hue(image: Image, turn: float) -> Image:
    """Turn the colours round their circle, by whole turns; grey stays.

    Pillow's HSV has 256 hues, so that the turn is rounded to one of these.
    """
    from PIL import Image as pillow

    step = round(turn * 255) % 256
    if image.mode != "RGB" or not step:
        return image
    hues, *others = image.convert("HSV").split()
    turned = hues.point([(value + step) % 256 for value in range(256)])
    return pillow.merge("HSV", (turned, *others)).convert("RGB")


def posterize(image: Image, bits: float) -> Image:
    """Keep the highest bits of every byte."""
    from PIL import ImageOps

    return ImageOps.posterize(image, round(bits))


def solarize(image: Image, threshold: float) -> Image:
    """Turn bytes that are not below a threshold into their negative."""
    from PIL import ImageOps

    return ImageOps.solarize(image, threshold)  # type: ignore[arg-type]  # it only compares


def autocontrast(image: Image, much: float) -> Image:
    """Stretch every channel to 0 … 255."""
    from PIL import ImageOps

    return ImageOps.autocontrast(image)


def equalize(image: Image, much: float) -> Image:
    """Make all bytes of a channel about equally frequent."""
    from PIL import ImageOps

    return ImageOps.equalize(image)


def invert(image: Image, much: float) -> Image:
    """Give the negative."""
    from PIL import ImageOps

    return ImageOps.invert(image)


def in_rgb(images: Array, channels: ChannelOrder | None, change: Callable[[Array], Array]) -> Array:
    """Change a batch whose channels are turned to red, green, blue, and turn them back."""
    if channels != "BGR":
        return change(images)
    return np.ascontiguousarray(change(images[:, ::-1])[:, ::-1])
