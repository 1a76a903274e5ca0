"""Datasets in LMDB: a folder `NAME.lmdb` with `data.mdb`, which LMDB's own tools can read too.

Keys are the names of `protonet.data.layout`; a field's records lie under one key for each chunk:

    train/protonet/header        {"version": 1, "fields": [{"name": "data", …}], …}
    train/data/00000000          records 0 to 1336, as they lie in memory
    train/data/00000001          records 1337 to 2673

Written with the LMDB library, read by `protonet.data.lmdb_pages` from a map of the file: a damaged
file is an error there, not a crash, nothing is held open or locked, and a map survives fork.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import lmdb
import numpy as np

from protonet.data.layout import HEADER, Array, Column
from protonet.data.lmdb_pages import PageError, Span, values
from protonet.data.mapped import MappedColumn, map_file
from protonet.errors import DataError, StorageError

_FIRST_MAP_BYTES = 1 << 30


class LmdbStore:
    """Writes `data.mdb`; see `protonet.data.writer.Store`.

    Args:
        file: the `data.mdb` to make, in a folder of its own.
        path: the dataset's path as people know it, for messages.
    """

    file_name: str | None = "data.mdb"

    def __init__(self, file: Path, path: str) -> None:
        self._file, self._path = file, path
        with _lmdb_errors(file, path):
            self._environment = lmdb.open(
                os.fsencode(file),  # a path need not be UTF-8
                map_size=_FIRST_MAP_BYTES,
                subdir=False,
                lock=False,
                sync=False,
                mode=0o666,  # the umask takes its part, as from any file
            )

    def begin(self, name: str, column: Column) -> None:
        """Do nothing: chunks need no room made for them."""

    def chunk(self, name: str, index: int, records: Array) -> None:
        """Write a column's next chunk."""
        self._put(_chunk_name(name, index).encode(), records.reshape(-1).view(np.uint8).data)

    def put(self, name: str, value: str | Array) -> None:
        """Write a small value."""
        self._put(name.encode(), value.encode() if isinstance(value, str) else value.tobytes())

    def finish(self) -> None:
        """Flush everything to the disk."""
        with _lmdb_errors(self._file, self._path):
            self._environment.sync(True)

    def release(self) -> None:
        """Close the environment."""
        self._environment.close()

    def put_all(self, entries: Sequence[tuple[bytes, bytes | memoryview]]) -> None:
        """Write several values in one transaction, which is much faster than one by one."""
        with _lmdb_errors(self._file, self._path):
            try:
                self._put_once(entries)
            except lmdb.MapFullError:
                size = self._environment.info()["map_size"]
                wanted = sum(len(value) for _, value in entries)
                self._environment.set_mapsize(2 * size + 2 * wanted)
                self._put_once(entries)

    def _put(self, key: bytes, value: bytes | memoryview) -> None:
        self.put_all([(key, value)])

    def _put_once(self, entries: Sequence[tuple[bytes, bytes | memoryview]]) -> None:
        with self._environment.begin(write=True) as transaction:
            for key, value in entries:
                transaction.put(key, value)


class LmdbFile:
    """A mapped `data.mdb`.

    Args:
        folder: the dataset's folder.
        where: its path as people know it, for messages.

    Raises: DataError if it cannot be read or is damaged.
    """

    def __init__(self, folder: Path, where: str) -> None:
        self._where = where
        self._bytes = map_file(folder / "data.mdb", where)
        try:
            self._spans = values(self._bytes.data, all_pages=False)
        except PageError as error:
            raise DataError(
                f"{where}: data.mdb cannot be read: {error}; convert the data again"
            ) from error

    def tables(self) -> list[str]:
        """Return the names of the tables that the file holds; "" is the only, unnamed one."""
        names = (key.decode("utf-8", "replace") for key in self._spans)
        return [name.removesuffix(HEADER).rstrip("/") for name in names if name.endswith(HEADER)]

    def value(self, name: str) -> bytes:
        """Return a small value.

        Raises: DataError if there is none.
        """
        span = self._span(name)
        return self._bytes[span.offset : span.offset + span.size].tobytes()

    def column(self, name: str, column: Column, checksums: Array, where: str) -> MappedColumn:
        """Return a field's records, ready to be gathered.

        Raises: DataError if a chunk is missing or has another size.
        """
        spans = [self._span(_chunk_name(name, chunk)) for chunk in range(column.chunks)]
        for chunk, span in enumerate(spans):
            if span.size != column.bytes_in(chunk):
                raise DataError(
                    f"{where}: chunk {chunk} of field {column.name} has {span.size} bytes, not "
                    f"{column.bytes_in(chunk)}: it is damaged; convert the data again"
                )
        offsets = np.array([span.offset for span in spans], np.int64)
        return MappedColumn(column, self._bytes, offsets, checksums, where)

    def _span(self, name: str) -> Span:
        span = self._spans.get(name.encode())
        if span is None:
            raise DataError(
                f"{self._where}: data.mdb has no entry {name}: it is damaged; "
                "convert the data again"
            )
        return span


def _chunk_name(name: str, index: int) -> str:
    return f"{name}/{index:08d}"


@contextmanager
def _lmdb_errors(file: Path, path: str) -> Iterator[None]:
    """Turn what the LMDB library raises on writing into a StorageError."""
    try:
        yield
    except lmdb.Error as error:
        raise StorageError(f"{path}: cannot be written: {_reason(error, file)}") from error


def _reason(error: lmdb.Error, file: Path) -> str:
    """Return why writing failed; of a full disk LMDB only says "Input/output error"."""
    try:
        with file.open("ab") as stream:
            stream.write(bytes(1 << 16))  # harmless: the file is given up
    except OSError as refused:
        return refused.strerror or str(refused)
    return str(error).rpartition(": ")[2]  # of "mdb_txn_commit: Invalid argument"
