"""Which class is taken for which, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from protonet.evaluate import Score
from protonet.run.board.png import (
    BLACK,
    LINE_HEIGHT,
    WHITE,
    Colour,
    Picture,
    blank,
    class_names,
    fitted,
    picture_of,
    text_width,
    write_text,
)

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_NAMED = 32
"""Classes that there is room to name, and to write numbers for."""
_WIDEST_NAME = 120
_LARGE, _SMALL = 34, 640
"""Pixels of a cell with a number in it; pixels of the side where there are none."""
_DEEPEST = np.array([8, 48, 107])
"""The colour of a class that is always taken for one; white: never."""


def confusion_picture(score: Score, names: Sequence[str] | None) -> Picture:
    """Draw a table: a row per actual class, a column per predicted one. A cell is the darker, the
    larger its share of the row.

    Args:
        score: whose value has rows and columns.
        names: of the classes.
    """
    numbers: npt.NDArray[np.float64] = np.nan_to_num(np.array(score.value, dtype=np.float64))
    shares = numbers / np.maximum(numbers.sum(axis=1, keepdims=True), 1e-30)
    colours = np.rint(255 + (_DEEPEST - 255.0) * shares[..., None]).astype(np.uint8)
    if max(numbers.shape) > _MOST_NAMED:
        return picture_of(_scaled(colours, max(1, _SMALL // max(numbers.shape))))
    return picture_of(_named(numbers, colours, score.axes, names))


def _scaled(colours: npt.NDArray[np.uint8], side: int) -> Image:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(colours.repeat(side, 0).repeat(side, 1)))


def _named(
    numbers: npt.NDArray[np.float64],
    colours: npt.NDArray[np.uint8],
    axes: tuple[str, str],
    names: Sequence[str] | None,
) -> Image:
    """Draw the cells with a number in each, names on the left and above."""
    down, across = (
        [fitted(name, _WIDEST_NAME) for name in class_names(names, count)]
        for count in numbers.shape
    )
    side = max(_LARGE, 8 + max(text_width(_shown(one)) for one in numbers.flat))
    title = f"{axes[0]} (rows), {axes[1]} (columns)"
    left, top = (12 + max(map(text_width, each)) for each in (down, across))
    top += LINE_HEIGHT
    width = max(left + side * len(across), text_width(title) + 12)
    image = blank(width + 6, top + side * len(down) + 6)
    image.paste(_scaled(colours, side), (left, top))
    write_text(image, (6, 4), title)
    for row, name in enumerate(down):
        write_text(image, (left - 6 - text_width(name), _middle(top + row * side, side)), name)
    for column, name in enumerate(across):
        _write_upwards(image, (_middle(left + column * side, side), top - 6), name)
    for (row, column), one in np.ndenumerate(numbers):
        text, dark = _shown(float(one)), int(colours[row, column].sum()) < 384
        at = left + column * side + (side - text_width(text)) // 2
        colour: Colour = WHITE if dark else BLACK
        write_text(image, (at, _middle(top + row * side, side)), text, colour)
    return image


def _middle(start: int, side: int) -> int:
    """Return where a line of text begins that is centred in a cell."""
    return start + (side - LINE_HEIGHT) // 2


def _write_upwards(image: Image, place: tuple[int, int], text: str) -> None:
    """Write from the bottom to the top; `place` is the lower left corner."""
    line = blank(text_width(text) + 1, LINE_HEIGHT)
    write_text(line, (0, 0), text)
    turned: Any = line.rotate(90, expand=True)
    image.paste(turned, (place[0], place[1] - turned.height))


def _shown(number: float) -> str:
    """Return a number as short as it can be: 0 and shares without what says nothing."""
    if number == 0:
        return ""
    return f"{number:.0f}" if float(number).is_integer() else f"{number:.2f}"
