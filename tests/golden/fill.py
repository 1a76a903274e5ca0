"""The weights and inputs that Caffe's own nets were recorded with: a hash, and no random numbers.

u(i, key) = h / 2^31 - 1 in [-1, 1), where all products and sums are modulo 2^32 and
h = i * 2654435761 + 0x9E3779B9 * (crc32(key) + 1); h ^= h >> 15; h *= 2246822519; h ^= h >> 13.
`i` counts the elements in row-major order. Source: golden_fill.py of the reference.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_MASK = np.uint64(2**32 - 1)


def hashed(shape: Sequence[int], key: str) -> npt.NDArray[np.float64]:
    """Return numbers from -1 to below 1 that follow from the key and the position alone."""
    start = np.uint64((zlib.crc32(key.encode()) + 1) * 0x9E3779B9 % 2**32)
    values = np.arange(math.prod(shape), dtype=np.uint64) * np.uint64(2654435761) + start & _MASK
    values ^= values >> np.uint64(15)
    values = values * np.uint64(2246822519) & _MASK
    values ^= values >> np.uint64(13)
    return (values / 2.0**31 - 1).reshape(shape)


def parameter(layer: str, kind: str, place: int, shape: Sequence[int]) -> Floats:
    """Return one parameter of a layer: weights spread as He's, biases small, statistics sound."""
    values = hashed(shape, f"{layer}/{place}")
    if kind == "BatchNorm":
        values = (0.1 * values, 1 + 0.5 * values, np.ones(shape))[place]
    elif len(shape) >= 2:
        values = values * np.sqrt(6 / (math.prod(shape) / shape[0]))
    else:
        values = 0.1 * values
    return values.astype(np.float32)


def data(blob: str, shape: Sequence[int]) -> Floats:
    """Return an input of real numbers."""
    return hashed(shape, f"input/{blob}").astype(np.float32)


def labels(shape: Sequence[int], classes: int) -> Floats:
    """Return 0, 1, 2, … below the number of classes, over and over."""
    return (np.arange(math.prod(shape)) % classes).astype(np.float32).reshape(shape)
