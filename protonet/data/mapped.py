"""A column whose chunks lie open in a mapped file: records are copied from the page cache."""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from protonet.data.layout import Array, Column, Rows, checksum, damaged
from protonet.errors import DataError

_MOST_BYTES = 2**62
"""NumPy makes no array that would have 2**63 bytes, were its elements not to overlap."""

_PIECE_BYTES = 1 << 18
"""Records are copied in pieces of this size: the copy between stays in the processor's cache."""


class _MappedFile(mmap.mmap):
    """A map that also knows its file, which may be another by now under the same name."""

    descriptor: int


def map_file(path: Path, where: str) -> Array:
    """Return a file's bytes, read from the disk as they are touched. Shape (bytes,), uint8.

    Raises: DataError if the file is empty or cannot be read.
    """
    try:
        with path.open("rb") as file:
            mapped = _MappedFile(file.fileno(), 0, access=mmap.ACCESS_READ)
            mapped.descriptor = os.dup(file.fileno())
            weakref.finalize(mapped, os.close, mapped.descriptor)
    except (OSError, ValueError) as error:  # ValueError: mmap refuses an empty file
        empty = "it is empty; convert the data again"
        why = error.strerror if isinstance(error, OSError) else empty
        raise DataError(f"{where}: {path.name} cannot be read: {why}") from error
    return np.frombuffer(mapped, np.uint8)


def check_length(file: Array, where: str) -> None:
    """Refuse a mapped file that has become shorter: the system ends a program that reads what is no
    longer there.

    Args:
        file: what `map_file` gave.
        where: its path, for messages.

    Raises: DataError.
    """
    mapped = _map_of(file)
    if mapped is not None:
        _refuse_shorter(len(mapped), mapped.size(), where)


def written_at(file: Array, where: str) -> int:
    """Return when a mapped file was last written to, in nanoseconds; 0 of an array in memory.

    Args:
        file: what `map_file` gave.
        where: its path, for messages.

    Raises: DataError if it has become shorter, as `check_length` does.
    """
    mapped = _map_of(file)
    if mapped is None:
        return 0
    found = os.fstat(mapped.descriptor)
    _refuse_shorter(len(mapped), found.st_size, where)
    return found.st_mtime_ns


def _refuse_shorter(had: int, has: int, where: str) -> None:
    if has < had:
        raise DataError(
            f"{where}: the file was cut short while it was read: it had {had:,} bytes, and has "
            f"{has:,}; put it back, or convert the data again"
        )


def _map_of(file: Array) -> _MappedFile | None:
    memory = file.base
    mapped = memory.obj if isinstance(memory, memoryview) else memory
    return mapped if isinstance(mapped, _MappedFile) else None


class MappedColumn:
    """Gathers records of one column; each chunk is checked against its checksum at first touch, and
    again if the file was written to since then.

    Args:
        column: what is stored.
        file: the whole file, (bytes,) uint8.
        offsets: where each chunk begins in the file, (chunks,).
        checksums: of each chunk, (chunks,).
        where: the table's path, for messages.

    Raises: DataError if a chunk would lie outside the file.
    """

    def __init__(
        self, column: Column, file: Array, offsets: Rows, checksums: Array, where: str
    ) -> None:
        self.column, self._file, self._offsets = column, file, offsets
        self._checksums, self._where = checksums, where
        self._unchecked = np.ones(column.chunks, np.bool_)
        self._written = written_at(file, where)
        ends = offsets + np.array([column.bytes_in(chunk) for chunk in range(column.chunks)])
        if (offsets < 0).any() or (ends > len(file)).any():
            chunk = int(np.flatnonzero((offsets < 0) | (ends > len(file)))[0])
            raise DataError(
                f"{where}: chunk {chunk} of field {column.name} lies outside the file of "
                f"{len(file)} bytes: it is damaged; convert the data again"
            )
        size = column.record_bytes
        self._record = np.dtype((np.void, size))
        begins = max(0, len(file) - size + 1)  # a record at every byte; only true places are read
        self._anywhere: Array | None = None
        if begins * size <= _MOST_BYTES:
            self._anywhere = np.ndarray((begins,), self._record, file.data, strides=(1,))

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records `rows`, which exist, to `out`, (N, *shape), C-contiguous.

        Raises: DataError if a chunk is damaged, or the file was cut short since it was mapped.
        """
        self._look()
        chunks, within = np.divmod(rows, self.column.per_chunk)
        self._check(chunks)
        places = self._offsets[chunks] + within * self._record.itemsize
        records = out.reshape(-1).view(self._record)
        if self._anywhere is None:
            self._copy_one_by_one(places, records)
            return
        step = max(1, _PIECE_BYTES // self._record.itemsize)
        for start in range(0, len(places), step):
            records[start : start + step] = self._anywhere[places[start : start + step]]

    def views(self, rows: Rows) -> Iterator[Array]:
        """Yield each of the records `rows`, which exist, as it lies in the page cache, (*shape,).

        Raises: DataError if a chunk is damaged, or the file was cut short since it was mapped.
        """
        self._look()
        chunks, within = np.divmod(rows, self.column.per_chunk)
        self._check(chunks)
        size, memory = self._record.itemsize, self._file.data
        for place in (self._offsets[chunks] + within * size).tolist():
            yield np.ndarray(self.column.shape, self.column.dtype, memory, place)

    def span(self, start: int, stop: int) -> Array:
        """Return records from `start` to `stop`, in a row; of a column of single numbers.

        Raises: DataError if a chunk is damaged, or the file was cut short since it was mapped.
        """
        self._look()
        per_chunk, size = self.column.per_chunk, self._record.itemsize
        pieces = []
        for chunk in range(start // per_chunk, max(start, stop - 1) // per_chunk + 1):
            if self._unchecked[chunk]:
                self._check(np.array([chunk]))
            before = chunk * per_chunk
            first, last = max(start - before, 0), min(stop - before, per_chunk)
            place = int(self._offsets[chunk])
            pieces.append(self._file[place + first * size : place + last * size])
        whole = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        return whole.view(self.column.dtype)

    def _copy_one_by_one(self, places: Rows, records: Array) -> None:
        """Copy records so large, in a file so large, that NumPy refuses the view of all places."""
        size = self._record.itemsize
        for number, place in enumerate(places.tolist()):
            records[number : number + 1] = self._file[place : place + size].view(self._record)

    def _look(self) -> None:
        """Refuse a file that was cut short, and trust nothing of one that was written to."""
        written = written_at(self._file, self._where)
        if written != self._written:
            self._unchecked[:] = True
            self._written = written

    def _check(self, chunks: Rows) -> None:
        for chunk in np.unique(chunks[self._unchecked[chunks]]).tolist():
            start = int(self._offsets[chunk])
            found = checksum(self._file[start : start + self.column.bytes_in(chunk)])
            written = int(self._checksums[chunk])
            if found != written:
                raise damaged(self._where, self.column, chunk, found, written)
            self._unchecked[chunk] = False
