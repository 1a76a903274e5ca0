"""Memory at a chosen place of a cache line, where kernels round in the same way each time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from protonet.data.layout import Array

_ALIGNMENT = 64


def aligned(before: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return a new array at the offset of a cache line where `before` records end."""
    record = dtype.itemsize * math.prod(shape[1:])
    memory = np.empty(shape[0] * record + 2 * _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT + before * record % _ALIGNMENT
    return memory[start : start + shape[0] * record].view(dtype).reshape(shape)


def realigned(before: int, array: Array) -> Array:
    """Return the array as `aligned` would have made it, copied only where it has to be."""
    wanted = before * array[0].nbytes % _ALIGNMENT
    if array.ctypes.data % _ALIGNMENT == wanted and array.flags.c_contiguous:
        return array
    copy = aligned(before, array.shape, array.dtype)
    copy[...] = array
    return copy
