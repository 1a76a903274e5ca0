"""Many small pictures in one, each with its caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protonet.run.board.png import (
    BLACK,
    LINE_HEIGHT,
    Colour,
    Picture,
    Pixels,
    blank,
    fitted,
    picture_of,
    resized,
    write_text,
)

_COLUMNS = 8
_GAP = 6
"""Pixels between two pictures."""
_SIDE = 96
"""Pixels of the longer side of each at most, or exactly where it would be smaller."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the pictures.

    Attributes:
        pixels: the picture.
        caption: lines below it, each with its colour.
    """

    pixels: Pixels
    caption: tuple[tuple[str, Colour], ...] = ()


def grid(cells: Sequence[Cell], *, columns: int = _COLUMNS, side: int = _SIDE) -> Picture:
    """Return the pictures row by row.

    Args:
        cells: at least one; all captions have as many lines.
        columns: pictures in a row.
        side: pixels of the longer side of each.
    """
    images = [resized(cell.pixels, side) for cell in cells]
    columns = min(columns, len(cells))
    text = len(cells[0].caption)
    width = max(image.width for image in images) if not text else side
    height = max(image.height for image in images) + LINE_HEIGHT * text
    rows = -(-len(cells) // columns)
    whole = blank(columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP)
    for place, (cell, image) in enumerate(zip(cells, images, strict=True)):
        row, column = divmod(place, columns)
        left, top = column * (width + _GAP) + _GAP, row * (height + _GAP) + _GAP
        whole.paste(image, (left + (width - image.width) // 2, top))
        for number, (line, colour) in enumerate(cell.caption):
            under = top + height - LINE_HEIGHT * (text - number)
            write_text(whole, (left, under), fitted(line, width), colour)
    return picture_of(whole)


def plain_caption(*lines: str) -> tuple[tuple[str, Colour], ...]:
    """Return a caption in black."""
    return tuple((line, BLACK) for line in lines)


def pixels_of(image: npt.NDArray[np.generic], *, channels: str | None = None) -> Pixels:
    """Return a sample as a picture.

    Args:
        image: (C, H, W) with 1 or 3 channels. Bytes are shown as they are; of other numbers the
            smallest is black and the largest white.
        channels: their order; BGR is turned round.

    >>> pixels_of(np.array([[[0, 255]]], dtype=np.uint8)).tolist()
    [[[0, 0, 0], [255, 255, 255]]]
    """
    if image.dtype != np.uint8:
        image = stretched(image)
    if channels == "BGR":
        image = image[::-1]
    pixels = np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0)
    return np.ascontiguousarray(pixels).astype(np.uint8)


def stretched(numbers: npt.NDArray[np.generic]) -> Pixels:
    """Return numbers as bytes, the smallest 0 and the largest 255; 0 for what is not finite."""
    values = np.where(np.isfinite(numbers.astype(np.float64)), numbers, np.nan).astype(np.float64)
    if np.isnan(values).all():
        return np.zeros(values.shape, np.uint8)
    low, high = np.nanmin(values), np.nanmax(values)
    scaled = (values - low) * (255 / (high - low) if high > low else 0)
    return np.nan_to_num(np.rint(scaled)).astype(np.uint8)
