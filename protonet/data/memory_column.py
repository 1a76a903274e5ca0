"""Columns whose chunks stay in memory once they were read: for disks and mounts that are slow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from protonet.data.layout import CHUNK_BYTES, Array, Column, Rows

_PIECE_BYTES = 1 << 18
"""Records are copied in pieces of this size: the copy between stays in the processor's cache."""


class Source(Protocol):
    """A column of a file."""

    @property
    def column(self) -> Column:
        """What is stored."""
        ...

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records `rows`, which exist, to `out`, (N, *shape), C-contiguous."""
        ...


class MemoryColumn:
    """Gathers records of another column, each of whose chunks it reads once.

    It holds as many bytes as the chunks that were touched, and never more than the column has.
    Threads may share it: two that meet the same chunk first both read it, and find the same.

    Args:
        source: the other column.
    """

    def __init__(self, source: Source) -> None:
        self._source, self.column = source, source.column
        column = self.column
        most = max(1, CHUNK_BYTES // max(1, column.record_bytes))
        self._per_piece = column.per_chunk if column.per_chunk <= 2 * most else most
        self._missing = np.ones(-(-column.count // self._per_piece), np.bool_)
        # Pages of it that nobody writes take no memory.
        self._records = np.empty((column.count, *column.shape), column.dtype)
        self._flat = self._records.reshape(-1).view(np.dtype((np.void, column.record_bytes)))

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records `rows`, which exist, to `out`, (N, *shape), C-contiguous.

        Raises: DataError if a chunk is damaged, or the file cannot be read.
        """
        self._read(rows // self._per_piece)
        records = out.reshape(-1).view(self._flat.dtype)
        step = max(1, _PIECE_BYTES // self._flat.itemsize)
        for start in range(0, len(rows), step):
            records[start : start + step] = self._flat[rows[start : start + step]]

    def views(self, rows: Rows) -> Iterator[Array]:
        """Yield each of the records `rows`, which exist, as it lies in memory, (*shape,).

        Raises: as `gather`.
        """
        self._read(rows // self._per_piece)
        for row in rows.tolist():
            yield self._records[row]

    def span(self, start: int, stop: int) -> Array:
        """Return records from `start` to `stop`, in a row; they are to be read, not changed.

        Raises: as `gather`.
        """
        self._read(np.arange(start // self._per_piece, max(start, stop - 1) // self._per_piece + 1))
        return self._records[start:stop]

    def _read(self, pieces: Rows) -> None:
        for piece in np.unique(pieces[self._missing[pieces]]).tolist():
            first = piece * self._per_piece
            rows = np.arange(first, min(first + self._per_piece, self.column.count))
            self._source.gather(rows, self._records[first : first + len(rows)])
            self._missing[piece] = False
