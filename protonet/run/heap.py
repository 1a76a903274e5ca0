"""Memory that tensors let go of, kept for the tensors that come next.

The C library gives large blocks back to the system as soon as they are free. Each step of training
then has the system make the same pages anew, and fill them with zeros first: on two cores a third
of the time of CIFAR-10 quick or ResNet-50. With the blocks kept, a step finds its memory where the
step before it left it. All threads take from one heap, for heaps of their own are cut into pieces
of 64 MiB, which go back whatever is said. The process holds as much as it needed at most, until it
ends.
"""

from __future__ import annotations

import ctypes
import os
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""What mallopt(3) calls M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX."""
_NEVER, _ONE = -1, 1
_LARGEST, _LARGEST_BEFORE = 1 << 30, 1 << 25
"""Bytes of the largest block that is kept, by the C library; and what glibc before 2.35 takes."""
_BY_HAND = (
    "GLIBC_TUNABLES",
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_ARENA_MAX",
)


def keep_freed_memory() -> bool:
    """Have the C library keep what is freed, in this process, from now on; call it before there are
    other threads, for these stay with the heaps that they have.

    Returns: whether it does. It does not where the environment says already how it is to do, with
    one of glibc's own variables, nor where it is another library than glibc.
    """
    if sys.platform != "linux" or any(name in os.environ for name in _BY_HAND):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    largest = any(mallopt(_MMAP_THRESHOLD, size) for size in (_LARGEST, _LARGEST_BEFORE))
    rest = ((_TRIM_THRESHOLD, _NEVER), (_ARENA_MAX, _ONE))
    return largest and all(mallopt(parameter, value) for parameter, value in rest)
