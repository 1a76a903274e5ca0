from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import torch

from protonet.data.aligned import Memory, aligned, realigned


@pytest.mark.parametrize(("before", "offset"), [(0, 0), (1, 12), (5, 60), (6, 8)])
def test_an_array_begins_where_the_records_before_it_end(before: int, offset: int) -> None:
    array = aligned(before, (4, 3), np.dtype(np.float32))  # 12 bytes each; 6 * 12 - 64 = 8
    assert (array.shape, array.dtype.name) == ((4, 3), "float32")
    assert array.ctypes.data % 64 == offset


def test_only_what_lies_elsewhere_is_copied() -> None:
    array = aligned(1, (4, 3), np.dtype(np.float32))
    array[...] = np.arange(12).reshape(4, 3)
    assert realigned(1, array) is array
    moved = realigned(2, array)
    assert moved.ctypes.data % 64 == 24
    assert moved.tolist() == array.tolist()


LARGE = (1 << 16, 100)  # of float32: 26 MB


def test_large_memory_is_used_again_once_nothing_looks_at_it() -> None:
    memory = Memory()
    array = memory.take(1, LARGE, np.dtype(np.float32))
    place = array.ctypes.data
    assert place % 64 == 400 % 64
    part = torch.from_numpy(array)[5:7]
    del array
    other = memory.take(1, LARGE, np.dtype(np.float32))
    assert other.ctypes.data != place  # the part still shows the first
    del part
    assert memory.take(1, LARGE, np.dtype(np.float32)).ctypes.data == place


@pytest.mark.parametrize("records", [1 << 14, 1 << 17])
def test_memory_of_quite_another_size_is_let_go(records: int) -> None:
    """Kept is what is as large or a little larger: what another takes is not held for nothing."""
    memory = Memory()
    tracemalloc.start()
    memory.take(0, LARGE, np.dtype(np.float32))
    held, _ = tracemalloc.get_traced_memory()
    array = memory.take(0, (records, 100), np.dtype(np.float32))
    then, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert array.shape == (records, 100)
    assert round(then / held * 4) == 4 * records // (1 << 16)


def test_at_most_four_pieces_lie_idle() -> None:
    memory = Memory()
    tracemalloc.start()
    arrays = [memory.take(0, LARGE, np.dtype(np.float32)) for _ in range(6)]
    held, _ = tracemalloc.get_traced_memory()
    del arrays
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = 4 * (1 << 16) * 100
    assert (held // size, kept // size) == (6, 4)
