from __future__ import annotations

import numpy as np

from protonet.convert.source import Held
from protonet.convert.values_column import ValuesColumn


def test_numbers_are_gathered_in_any_order() -> None:
    array = np.arange(12, dtype=np.int16).reshape(4, 3)
    column = ValuesColumn("x", Held(array))
    out = np.empty((3, 3), np.int16)

    column.gather(np.array([3, 0, 3]), out)

    assert out.tolist() == [[9, 10, 11], [0, 1, 2], [9, 10, 11]]
    own = column.column
    assert (own.name, own.dtype.name, own.shape, own.count) == ("x", "int16", (3,), 4)
