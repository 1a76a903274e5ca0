"""Windows drawn at random, so many of each batch foreground: a pure function of the position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protonet.data.layout import Rows
from protonet.randomness import key, random_words, uniform

_HALF = np.uint64(63)


@dataclass(frozen=True, slots=True)
class DrawnWindows:
    """Every batch has as many foreground windows, which stand behind its background ones.

    Each is drawn anew from all of its kind, so that one may stand in a batch twice, as in Caffe.
    Position p is place p modulo `batch_size` of its batch; it takes no memory.

    Attributes:
        count: positions in an epoch, at least 1.
        batch_size: of all processes together.
        foreground: of a batch, the last of it.
        background_windows, foreground_windows: how many there are to draw from, numbered in this
            order; at least 1 of a kind that is drawn.
        mirror: whether every other window is turned left to right: then its number is larger by
            the number of all windows.
        seed: of the drawing.
    """

    count: int
    batch_size: int
    foreground: int
    background_windows: int
    foreground_windows: int
    mirror: bool = False
    seed: int = 0

    def rows(self, positions: Rows) -> Rows:
        """Return the number of the window at each position, (N,)."""
        is_foreground = positions % self.batch_size >= self.batch_size - self.foreground
        kind = np.where(is_foreground, self.foreground_windows, self.background_windows)
        numbers = (uniform(key(self.seed, "window"), positions) * kind).astype(np.int64)
        numbers += np.where(is_foreground, self.background_windows, 0)
        if self.mirror:
            words = random_words(key(self.seed, "side of a window"), positions)
            every = self.background_windows + self.foreground_windows
            numbers += (words >> _HALF).astype(np.int64) * every
        return numbers


def foreground_of(batch_size: int, fraction: float) -> int:
    """Return how many windows of a batch are foreground, multiplied and rounded down as Caffe does.

    >>> foreground_of(128, 0.25), foreground_of(10, 0.3)
    (32, 3)
    """
    return int(np.float32(batch_size) * np.float32(fraction))
