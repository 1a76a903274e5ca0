"""A column in memory: each chunk read once, and nothing that is not asked for."""

from __future__ import annotations

import numpy as np
import pytest

from protonet.data.layout import Array, Column, Rows
from protonet.data.memory_column import MemoryColumn
from protonet.errors import DataError

COUNT = 10


class Noting:
    """A column of numbers (N, 2), four to a chunk, that notes what is read of it."""

    def __init__(self, record: int = 2, per_chunk: int = 4, *, fails: bool = False) -> None:
        self.column = Column("data", np.dtype("<i4"), (record,), COUNT, per_chunk)
        self.read: list[list[int]] = []
        self._fails = fails

    def gather(self, rows: Rows, out: Array) -> None:
        self.read.append(rows.tolist())
        if self._fails:
            raise DataError("x.lmdb: chunk 0 is damaged")
        out[...] = rows[:, None] * 10 + np.arange(out.shape[1])


def test_each_chunk_is_read_once_when_it_is_first_touched() -> None:
    source = Noting()
    column = MemoryColumn(source)
    assert source.read == []
    out = np.empty((3, 2), np.int32)
    column.gather(np.array([9, 1, 9]), out)
    assert out.tolist() == [[90, 91], [10, 11], [90, 91]]
    assert source.read == [[0, 1, 2, 3], [8, 9]]
    column.gather(np.array([3, 4, 8]), out)
    assert out.tolist() == [[30, 31], [40, 41], [80, 81]]
    assert source.read == [[0, 1, 2, 3], [8, 9], [4, 5, 6, 7]]
    column.gather(np.array([0, 5, 9]), out)
    assert len(source.read) == 3


def test_records_are_viewed_and_read_in_a_row() -> None:
    column = MemoryColumn(Noting())
    assert [view.tolist() for view in column.views(np.array([5, 0]))] == [[50, 51], [0, 1]]
    assert column.span(3, 5).tolist() == [[30, 31], [40, 41]]
    assert column.span(2, 2).tolist() == []
    column.gather(np.array([], np.int64), np.empty((0, 2), np.int32))


def test_a_column_in_one_chunk_is_read_in_pieces_of_a_mebibyte() -> None:
    """Records of 400,000 bytes: two to a piece, where the file says that all lie together."""
    source = Noting(100_000, COUNT)
    MemoryColumn(source).gather(np.array([4]), np.empty((1, 100_000), np.int32))
    assert source.read == [[4, 5]]


def test_what_cannot_be_read_is_no_data_the_next_time_either() -> None:
    column = MemoryColumn(Noting(fails=True))
    for _ in range(2):
        with pytest.raises(DataError, match=r"^x\.lmdb: chunk 0 is damaged$"):
            column.gather(np.array([0]), np.empty((1, 2), np.int32))
