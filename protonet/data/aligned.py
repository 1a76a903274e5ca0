"""Memory at a chosen place of a cache line, where kernels round in the same way each time; large
memory is used again, for a system takes as long to clear new pages as a copy takes to fill them."""

from __future__ import annotations

import math
import weakref
from collections import deque
from typing import Any

import numpy as np

from protonet.data.layout import Array

_ALIGNMENT = 64

_LARGE = 1 << 22
"""Bytes from which on memory comes new from the system each time, and is worth keeping."""

_KEPT = 4
"""Pieces that are kept for the next use; more lie idle only for a consumer that kept batches."""


class Memory:
    """Gives arrays, and takes their memory back once nothing looks at it any more.

    Besides the arrays in use it holds at most four that were.
    """

    def __init__(self) -> None:
        self._free: deque[Array] = deque(maxlen=_KEPT)

    def take(self, before: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return an array at the offset of a cache line where `before` records end; it holds
        anything."""
        size = dtype.itemsize * math.prod(shape) + 2 * _ALIGNMENT
        if size < _LARGE:
            return _placed(np.empty(size, np.uint8), before, shape, dtype)
        owner = self._kept(size)
        lent = np.frombuffer(owner.data, np.uint8)  # whose end is that of the last view of it
        weakref.finalize(lent, self._free.append, owner).atexit = False
        return _placed(lent, before, shape, dtype)

    def _kept(self, size: int) -> Array:
        """Return free memory of this size, not twice as large; those of other sizes are let go."""
        while True:
            try:
                owner = self._free.pop()
            except IndexError:
                return np.empty(size, np.uint8)
            if size <= len(owner) < 2 * size:
                return owner


def aligned(before: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return a new array at the offset of a cache line where `before` records end."""
    memory = np.empty(dtype.itemsize * math.prod(shape) + 2 * _ALIGNMENT, np.uint8)
    return _placed(memory, before, shape, dtype)


def realigned(before: int, array: Array) -> Array:
    """Return the array as `aligned` would have made it, copied only where it has to be."""
    wanted = before * array[0].nbytes % _ALIGNMENT
    if array.ctypes.data % _ALIGNMENT == wanted and array.flags.c_contiguous:
        return array
    copy = aligned(before, array.shape, array.dtype)
    copy[...] = array
    return copy


def _placed(memory: Array, before: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    record = dtype.itemsize * math.prod(shape[1:])
    start = -memory.ctypes.data % _ALIGNMENT + before * record % _ALIGNMENT
    return memory[start : start + shape[0] * record].view(dtype).reshape(shape)
