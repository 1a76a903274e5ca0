from __future__ import annotations

import numpy as np
import pytest

from protonet.data.aligned import aligned, realigned


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
