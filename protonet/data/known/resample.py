"""Images of another size, in whole numbers: the same on every machine, to the last bit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Sums = npt.NDArray[np.int64]


def resample(images: Pixels, size: tuple[int, int], highest: int, new_highest: int = 255) -> Pixels:
    """Resample gray images bilinearly, and stretch their values to another range.

    Pixels are squares: pixel i of n is centred at (i + 1/2) / n of the side, and beyond the outer
    centres the outer pixels go on (PyTorch's `align_corners=False`). Halves are rounded up.

    Args:
        images: (N, H, W).
        size: height and width of the result, H' and W'.
        highest: value that becomes `new_highest`; 0 stays 0.
        new_highest: at most 255.

    Returns: (N, H', W').
    """
    rows = _stretched(images.astype(np.int64), 1, size[0])  # (N, H', W), times 2 H'
    sums = _stretched(rows, 2, size[1])  # (N, H', W'), times 4 H' W'
    divisor = 4 * size[0] * size[1] * highest
    return ((2 * sums * new_highest + divisor) // (2 * divisor)).astype(np.uint8)


def _stretched(values: Sums, axis: int, length: int) -> Sums:
    """Interpolate along an axis; the result is 2 * `length` times too large, and so exact."""
    before = values.shape[axis]
    # 2 * length times the place of each new centre, counted in old pixels from the first centre
    places = (2 * np.arange(length) + 1) * before - length
    lower = places // (2 * length)
    weights = places - lower * 2 * length  # of the upper neighbour, out of 2 * length
    shape = [1, 1, 1]
    shape[axis] = length
    upper_part = weights.reshape(shape)
    near = np.take(values, np.maximum(lower, 0), axis)
    far = np.take(values, np.minimum(lower + 1, before - 1), axis)
    total: Sums = near * (2 * length - upper_part) + far * upper_part
    return total
