"""Rectangles drawn by their area and the ratio of their sides, one for each image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protonet.randomness import key, uniform
from protonet.transforms.chances import Drawn, between
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
        share, ratio = _tries(self.scale, self.ratio, seed, positions)
        area = share * (self.rows * self.columns)
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


@dataclass(frozen=True, slots=True)
class Draws:
    """What `Areas` draws, for images that each have a size of their own, and may be filled whole.

    Attributes:
        shares, ratios: for each image, of each of ten tries, the share of its area, and the width
            divided by the height.
        tops, lefts: for each image, which of the places it lies at, 0 to below 1.
    """

    shares: list[list[float]]
    ratios: list[list[float]]
    tops: list[float]
    lefts: list[float]

    @classmethod
    def of(
        cls,
        scale: tuple[float, float],
        ratio: tuple[float, float],
        seed: int,
        positions: Positions,
    ) -> Draws:
        """Draw what belongs to some positions, (N,).

        Args:
            scale, ratio: as of `Areas`.
            seed: of the transform.
            positions: of the images.
        """
        tops, lefts = (uniform(key(seed, name), positions).tolist() for name in ("top", "left"))
        shares, ratios = (one.tolist() for one in _tries(scale, ratio, seed, positions))
        return cls(shares, ratios, tops, lefts)

    def box(self, number: int, rows: int, columns: int) -> tuple[int, int, int, int] | None:
        """Return top, left, height and width of an image's rectangle; None where none fitted.

        It is the one that `Areas` draws, by numbers of Python's own: for a single image NumPy takes
        thirty times as long.
        """
        for share, ratio in zip(self.shares[number], self.ratios[number], strict=True):
            area = share * (rows * columns)
            width, height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < width <= columns and 0 < height <= rows:
                top = int(self.tops[number] * (rows - height + 1))
                return top, int(self.lefts[number] * (columns - width + 1)), height, width
        return None


def _tries(
    scale: tuple[float, float], ratio: tuple[float, float], seed: int, positions: Positions
) -> tuple[Drawn, Drawn]:
    """Return shares of the area and ratios of width to height, (N, tries) each."""
    counters = positions[:, None] * _TRIES + np.arange(_TRIES)
    logs = (float(np.log(ratio[0])), float(np.log(ratio[1])))
    shares = between(scale, key(seed, "area"), counters)
    return shares, np.exp(between(logs, key(seed, "ratio"), counters))


def _place(room: Positions, seed: int, positions: Positions) -> Positions:
    """Return a whole number from 0 to the room of each."""
    return (uniform(seed, positions) * (room + 1)).astype(np.int64)
