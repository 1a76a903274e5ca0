"""Windows of images of any size, each scaled to one: what is done to an image as it is decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protonet.windows.plain import Array, Positions

Box = tuple[int, int, int, int]
"""Top, left, height and width in pixels."""

BoxFunction = Callable[[int, int, int], Box]
"""`box(number, rows, columns)`: the window of an image of a batch, of so many rows and columns."""


@dataclass(frozen=True, slots=True)
class ScaledWindows:
    """How images of any size become one size.

    Attributes:
        size: height and width that windows are scaled to, in pixels.
        draw: from the images' positions, (N,), to the function that gives each its window.
        scale: scales a window, (height, width, C) bytes, C-contiguous, to (*size, C).
        reduced: whether an image may be smaller when it is cut, as long as its window is not
            smaller than `size`: edges then lie at whole pixels of the smaller image.
    """

    size: tuple[int, int]
    draw: Callable[[Positions], BoxFunction]
    scale: Callable[[Array], Array]
    reduced: bool


def whole(positions: Positions) -> BoxFunction:
    """Return the function that takes every image whole."""
    return lambda number, rows, columns: (0, 0, rows, columns)
