"""What size images are scaled to: one for all, or one for their shorter side."""

from __future__ import annotations

from dataclasses import dataclass

from protonet.data.image import Pixels, fit


@dataclass(frozen=True)
class ShorterSide:
    """The shorter side gets this many pixels, and the other so many that the aspect is kept.

    Args:
        pixels: of the shorter side.
    """

    pixels: int

    def __str__(self) -> str:
        return f"short:{self.pixels}"


Resize = tuple[int, int] | ShorterSide
"""Width and height in pixels, or the shorter side."""


def shown_resize(resize: Resize) -> str:
    """Return a size as it is asked for.

    >>> shown_resize((4, 3)), shown_resize(ShorterSide(256))
    ('4x3', 'short:256')
    """
    return str(resize) if isinstance(resize, ShorterSide) else "{}x{}".format(*resize)


def target(size: tuple[int, int], resize: Resize | None) -> tuple[int, int]:
    """Return the width and height that an image of another gets; halves are rounded up.

    >>> target((300, 200), ShorterSide(100)), target((300, 200), (7, 8)), target((3, 2), None)
    ((150, 100), (7, 8), (3, 2))
    """
    if not isinstance(resize, ShorterSide):
        return size if resize is None else resize
    shorter = min(size)
    width, height = ((2 * side * resize.pixels + shorter) // (2 * shorter) for side in size)
    return width, height


def resized(pixels: Pixels, resize: Resize | None) -> Pixels:
    """Scale pixels (H', W', C) to the size asked for: (H, W, C)."""
    height, width = pixels.shape[:2]
    return fit(pixels, target((width, height), resize))
