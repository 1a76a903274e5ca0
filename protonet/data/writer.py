"""Writing one table: records come in batches of any size and leave in chunks."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, wait
from contextlib import contextmanager
from typing import Protocol

import numpy as np

from protonet.data.encoded_images import EncodedFacts, EncodedImages
from protonet.data.header import Header
from protonet.data.layout import (
    CHECKSUM,
    CHECKSUMS,
    ENDS,
    HEADER,
    IMAGE,
    LAYOUT,
    Array,
    Column,
    Layout,
    checksum,
    new_columns,
)
from protonet.data.statistics import Statistics
from protonet.errors import DataError, UsageError


class Store(Protocol):
    """A format, open for writing. Names are those of `protonet.data.layout`, prefix included.

    Every method raises StorageError if the disk refuses.
    """

    def begin(self, name: str, column: Column) -> None:
        """Make room for a column of which nothing was written yet."""
        ...

    def chunk(self, name: str, index: int, records: Array) -> None:
        """Write a column's next chunk, counted from 0; only the last is shorter than the others."""
        ...

    def put(self, name: str, value: str | Array) -> None:
        """Write a small value: a text, or an array of one axis."""
        ...

    def finish(self) -> None:
        """Complete the file and flush it to the disk."""
        ...

    def release(self) -> None:
        """Close the file, complete or not; after `finish` there is nothing left to do."""
        ...


class TableWriter:
    """Takes a table's records; `protonet.data.table.Tables.table` makes it.

    Args:
        store: where the table goes.
        prefix: of the table's names, "" or "train/".
        header: what is known before the first record.
        where: the table's path as people know it, for messages.
        aside: computes the statistics of a chunk while it is stored; None where that comes first.
    """

    def __init__(
        self,
        store: Store,
        prefix: str,
        header: Header,
        where: str,
        aside: Executor | None = None,
    ) -> None:
        self._store, self._prefix, self._where, self._aside = store, prefix, where, aside
        names = [field.name for field in header.fields]
        self._fields = dict.fromkeys(names).keys()
        if not names or len(set(names)) < len(names):
            given = ", ".join(names) or "none"
            raise UsageError(f"{where}: a table needs fields of different names; given are {given}")
        self._columns = {
            column.name: column for field in header.fields for column in new_columns(field, where)
        }
        self._encoded = {f.name: EncodedFacts() for f in header.fields if f.kind == IMAGE}
        self._written = dict.fromkeys(self._columns, 0)
        self._statistics = Statistics(header, self._columns, where)
        self._buffers = {name: _buffer(column) for name, column in self._columns.items()}
        self._checksums: dict[str, list[int]] = {name: [] for name in self._columns}
        self._count = 0
        for name, column in self._columns.items():
            store.begin(prefix + name, column)

    @property
    def count(self) -> int:
        """Number of records written so far."""
        return self._count

    @property
    def checksums(self) -> Mapping[str, Sequence[int]]:
        """CRC-32 of the chunks of each column that are stored by now."""
        return self._checksums

    def write(self, batch: Mapping[str, Array | EncodedImages]) -> None:
        """Append records.

        Args:
            batch: for each field an array of shape (N, *field shape) and the field's dtype, in
                either byte order, or N encoded images; N may differ from call to call.

        Raises: UsageError if the fields, shapes or types are others; DataError if a label names no
            class; StorageError if the disk refuses.
        """
        added = self._check(batch)
        arrays = dict(self._arrays(batch))
        self._statistics.check(arrays)
        for name, one in batch.items():
            if isinstance(one, EncodedImages):
                self._append_bytes(self._columns[name], one.data)
        for name, records in arrays.items():
            self._append(self._columns[name], records)
        self._count += added

    def finish(self) -> None:
        """Write what is buffered, then the header.

        Raises: DataError if there are no records; StorageError if the disk refuses.
        """
        if self._count == 0:
            raise DataError(f"{self._where}: there are no records to write")
        for name, column in self._columns.items():
            rest = self._written[name] % column.per_chunk
            if rest:
                self._flush(column, self._buffers[name][:rest])
        shapes = {name: facts.shape for name, facts in self._encoded.items()}
        header = self._statistics.complete(self._count, shapes).model_dump_json()
        layout = Layout(
            header_checksum=zlib.crc32(header.encode()),
            records_per_chunk={name: column.per_chunk for name, column in self._columns.items()},
            encoded_bytes={name: facts.size for name, facts in self._encoded.items()},
        )
        self._store.put(self._prefix + HEADER, header)
        self._store.put(self._prefix + LAYOUT, layout.model_dump_json())
        for name, sums in self._checksums.items():
            self._store.put(self._prefix + CHECKSUMS + name, np.array(sums, CHECKSUM))

    def _arrays(self, batch: Mapping[str, Array | EncodedImages]) -> Iterator[tuple[str, Array]]:
        """Yield the records of every column but the bytes of encoded images."""
        for name, records in batch.items():
            if isinstance(records, EncodedImages):
                facts = self._encoded[name]
                ends = records.ends(facts.size)
                facts.add(records)
                yield ENDS + name, ends
            else:
                yield name, records

    def _check(self, batch: Mapping[str, Array | EncodedImages]) -> int:
        if batch.keys() != self._fields:
            raise UsageError(
                f"{self._where}: the fields are {', '.join(self._fields)}; given are "
                f"{', '.join(batch)}"
            )
        added = next(
            (len(one) for one in batch.values() if isinstance(one, EncodedImages) or one.ndim), 0
        )
        for name in self._fields:
            column, records = self._columns[name], batch[name]
            wanted = f"{column.dtype.name} of shape {[added, *column.shape]}"
            if name in self._encoded:
                wanted = f"{added} encoded images"
            given = _described(records)
            if given != wanted:
                raise UsageError(f"{self._where}: field {name} takes {wanted}; given is {given}")
        return added

    def _append(self, column: Column, records: Array) -> None:
        buffer = self._buffers[column.name]
        filled = self._written[column.name] % column.per_chunk
        self._written[column.name] += len(records)
        done = 0
        while done < len(records):
            part = records[done : done + column.per_chunk - filled]
            done += len(part)
            if len(part) == column.per_chunk and _as_stored(part, column):
                self._flush(column, part)
                continue
            buffer[filled : filled + len(part)] = part
            filled += len(part)
            if filled == column.per_chunk:
                self._flush(column, buffer)
                filled = 0

    def _append_bytes(self, column: Column, pieces: Sequence[bytes]) -> None:
        filled = self._written[column.name] % column.per_chunk
        for whole in _filled(self._buffers[column.name], filled, pieces):
            self._flush(column, whole)
        self._written[column.name] += sum(map(len, pieces))

    def _flush(self, column: Column, records: Array) -> None:
        sums = self._checksums[column.name]
        with _beside(self._aside, lambda: self._statistics.add(column.name, records)):
            self._store.chunk(self._prefix + column.name, len(sums), records)
            sums.append(checksum(records))


@contextmanager
def _beside(executor: Executor | None, work: Callable[[], None]) -> Iterator[None]:
    """Do some work while the block runs, or before it where nobody else could; the block ends when
    both are done.

    Raises: what the block raises, else what the work does.
    """
    if executor is None:
        work()
        yield
        return
    task = executor.submit(work)
    try:
        yield
    finally:
        wait([task])
    task.result()


def _buffer(column: Column) -> Array:
    return np.zeros((column.per_chunk, *column.shape), column.dtype)


def _filled(buffer: Array, begin: int, pieces: Sequence[bytes]) -> Iterator[Array]:
    """Copy pieces into a buffer, one after the other from a place on, and yield it whenever it is
    full; then it is filled anew."""
    room = buffer.data
    for piece in pieces:
        rest = memoryview(piece)
        while len(rest) >= len(buffer) - begin:
            room[begin:] = rest[: len(buffer) - begin]
            rest, begin = rest[len(buffer) - begin :], 0
            yield buffer
        room[begin : begin + len(rest)] = rest
        begin += len(rest)


def _as_stored(records: Array, column: Column) -> bool:
    """Tell whether records lie in memory as they are stored."""
    return records.dtype == column.dtype and records.flags.c_contiguous


def _described(records: Array | EncodedImages) -> str:
    if isinstance(records, EncodedImages):
        return f"{len(records)} encoded images"
    return f"{records.dtype.name} of shape {list(records.shape)}"
