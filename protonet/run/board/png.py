"""Pictures as PNG files, and text in them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont, ImageFont

Pixels = npt.NDArray[np.uint8]
"""A picture, (H, W, 3), red, green, blue."""
Colour = tuple[int, int, int]
BLACK, WHITE, GREEN, RED = (0, 0, 0), (255, 255, 255), (0, 110, 0), (190, 0, 0)

_FONT_SIZE = 11
LINE_HEIGHT = 15
"""Pixels from one line of text to the next."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, encoded.

    Attributes:
        width, height: in pixels.
        png: the PNG file.
    """

    width: int
    height: int
    png: bytes


def picture_of(image: Image) -> Picture:
    """Encode a picture."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return Picture(image.width, image.height, file.getvalue())


def blank(width: int, height: int) -> Image:
    """Return a white picture."""
    from PIL import Image

    return Image.new("RGB", (width, height), WHITE)


def resized(pixels: Pixels, side: int) -> Image:
    """Return a picture whose longer side has so many pixels, as a whole multiple where it was
    smaller, so that pixels stay square."""
    from PIL import Image

    image = Image.fromarray(pixels)
    longer = max(image.size)
    if longer <= side:
        times = side // longer
        size = (image.width * times, image.height * times)
        return image.resize(size, Image.Resampling.NEAREST)
    size = (max(1, image.width * side // longer), max(1, image.height * side // longer))
    return image.resize(size, Image.Resampling.BOX)


def write_text(image: Image, place: tuple[int, int], text: str, colour: Colour = BLACK) -> None:
    """Write a line whose upper left corner is at `place`."""
    from PIL import ImageDraw

    ImageDraw.Draw(image).text(place, text, colour, _font())


def text_width(text: str) -> int:
    """Return how many pixels wide a line of text is."""
    return int(np.ceil(_font().getlength(text)))


def fitted(text: str, width: int) -> str:
    """Return a text, cut where it is wider than so many pixels."""
    if text_width(text) <= width:
        return text
    while text and text_width(f"{text}…") > width:
        text = text[:-1]
    return f"{text}…"


def class_names(names: Sequence[str] | None, count: int) -> list[str]:
    """Return the names of classes as the font can write them: without accents where it has none,
    and a number where it has no such letters at all."""
    if names is None or len(names) != count:
        return [str(place) for place in range(count)]
    return [_written(name) or str(place) for place, name in enumerate(names)]


def _written(name: str) -> str:
    """Return a name in letters that the font has; nothing where it lacks some."""
    bare = "".join(one for one in normalize("NFKD", name) if not combining(one))
    return next((text for text in (name, bare) if all(map(_is_drawn, text))), "")


@lru_cache(maxsize=1024)
def _is_drawn(letter: str) -> bool:
    """Return whether the font has a letter: what it lacks looks like what no font has."""
    if letter.isspace():
        return letter == " "
    return bytes(_font().getmask(letter)) != bytes(_font().getmask("\uffff"))


@lru_cache(maxsize=1)
def _font() -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(_FONT_SIZE)
