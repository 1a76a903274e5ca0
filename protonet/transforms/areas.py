"""Rectangles drawn by their area and the ratio of their sides, one for each image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protonet.randomness import key, uniform
from protonet.transforms.chances import between
from protonet.transforms.record import Positions

_TRIES = 10
"""Rectangles that are drawn for each image before it gets none."""


@dataclass(frozen=True, slots=True)
class Rectangles:
    """A rectangle for each image, (N,) each.

    Attributes:
        top, left, height, width: in pixels.
        found: whether one fitted.
    """

    top: Positions
    left: Positions
    height: Positions
    width: Positions
    found: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Areas:
    """Which rectangles are drawn.

    Attributes:
        rows, columns: of the images, in pixels.
        scale: least and most area, as a share of the image's.
        ratio: least and most of one side divided by the other, by their logarithms.
        whole: whether a rectangle may be as long as the image.
    """

    rows: int
    columns: int
    scale: tuple[float, float]
    ratio: tuple[float, float]
    whole: bool

    def drawn(self, seed: int, positions: Positions) -> Rectangles:
        """Draw a rectangle for each image: of ten, the first that fits, at any place alike.

        The ratio is that of width to height.
        """
        tries = np.arange(_TRIES)
        counters = positions[:, None] * _TRIES + tries  # (N, tries)
        area = between(self.scale, key(seed, "area"), counters) * (self.rows * self.columns)
        logs = (float(np.log(self.ratio[0])), float(np.log(self.ratio[1])))
        ratio = np.exp(between(logs, key(seed, "ratio"), counters))
        widths = np.rint(np.sqrt(area * ratio)).astype(np.int64)
        heights = np.rint(np.sqrt(area / ratio)).astype(np.int64)
        rows, columns = (side + self.whole for side in (self.rows, self.columns))
        fits = (widths > 0) & (widths < columns) & (heights > 0) & (heights < rows)
        first = np.arange(len(positions)), fits.argmax(axis=1)
        height, width = heights[first], widths[first]
        return Rectangles(
            _place(self.rows - height, key(seed, "top"), positions),
            _place(self.columns - width, key(seed, "left"), positions),
            height,
            width,
            np.asarray(fits.any(axis=1)),
        )


def _place(room: Positions, seed: int, positions: Positions) -> Positions:
    """Return a whole number from 0 to the room of each."""
    return (uniform(seed, positions) * (room + 1)).astype(np.int64)
