"""Datasets in HDF5: one file `NAME.h5`, which h5py and HDF5's own tools can read too.

The names of `protonet.data.layout` are HDF5 datasets: `train/data` is an array (N, C, H, W) in
chunks, `train/protonet/header` a text. Chunks are uncompressed, so that they are mapped where they
lie in the file and read like LMDB's. A file that was compressed with other tools is decompressed
chunk by chunk, by zlib where that is all it takes; what else was done to it is left to h5py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path

import h5py
import numpy as np

from protonet.data.hdf5_chunks import ChunkError, read_chunk, stored_chunks
from protonet.data.layout import HEADER, Array, Column, Rows, checksum, damaged
from protonet.data.mapped import MappedColumn, map_file
from protonet.errors import DataError, StorageError

_VERSION = ("v110", "v110")  # HDF5 1.10 and later can read it; its metadata have checksums
_KEPT_BYTES = 64 << 20


class Hdf5Store:
    """Writes an HDF5 file; see `protonet.data.writer.Store`.

    Args:
        file: the file to make.
        path: the dataset's path as people know it, for messages.
    """

    file_name: str | None = None

    def __init__(self, file: Path, path: str) -> None:
        self._path = path
        with _writing(path):
            self._file = h5py.File(file, "x", libver=_VERSION, locking=False)

    def begin(self, name: str, column: Column) -> None:
        """Make an empty array that can grow."""
        with _writing(self._path):
            self._file.create_dataset(
                name,
                shape=(0, *column.shape),
                maxshape=(None, *column.shape),
                chunks=(column.per_chunk, *column.shape),
                dtype=column.dtype,
            )

    def chunk(self, name: str, index: int, records: Array) -> None:
        """Write a column's next chunk; HDF5 keeps the last in full size too."""
        with _writing(self._path):
            array = self._file[name]
            per_chunk = array.chunks[0]
            first = index * per_chunk
            array.resize(first + len(records), axis=0)
            if len(records) < per_chunk:
                whole = np.zeros(array.chunks, records.dtype)
                whole[: len(records)] = records
                records = whole
            array.id.write_direct_chunk((first, *(0 for _ in array.shape[1:])), records)

    def offset(self, name: str, index: int) -> int:
        """Return where a chunk that was written begins in the file, in bytes.

        HDF5 writes this down when the file is closed; the chunk itself lies there at once.
        """
        with _writing(self._path):
            array = self._file[name]
            first = (index * array.chunks[0], *(0 for _ in array.shape[1:]))
            return int(array.id.get_chunk_info_by_coord(first).byte_offset)

    def put(self, name: str, value: str | Array) -> None:
        """Write a small value."""
        with _writing(self._path):
            if isinstance(value, str):
                text = value.encode()
                kind = h5py.string_dtype("utf-8", len(text))
                self._file.create_dataset(name, data=np.array(text, kind))
            else:
                self._file.create_dataset(name, data=value)

    def finish(self) -> None:
        """Write what HDF5 still holds back, and close the file."""
        with _writing(self._path):
            self._file.flush()
            self._file.close()

    def release(self) -> None:
        """Close the file; after an error, without caring what is lost."""
        try:
            self._file.close()
        except (OSError, RuntimeError):
            return


class Hdf5File:
    """An HDF5 dataset file.

    Args:
        file: its path.
        where: the path as people know it, for messages.

    Raises: DataError if it cannot be read or is damaged.
    """

    def __init__(self, file: Path, where: str) -> None:
        self._path, self._where = file, where
        self._bytes = map_file(file, where)

    def tables(self) -> list[str]:
        """Return the names of the tables that the file holds; "" is the only, unnamed one."""
        with self._opened() as file:
            return [name for name in ("", *file) if f"{name}/{HEADER}" in file]

    def value(self, name: str) -> bytes:
        """Return a small value.

        Raises: DataError if there is none.
        """
        with self._opened() as file:
            return bytes(file[name][()].tobytes())

    def column(
        self, name: str, column: Column, checksums: Array, where: str
    ) -> MappedColumn | UnmappedColumn:
        """Return a field's records, ready to be gathered.

        Raises: DataError if the array is missing or does not fit the header.
        """
        with self._opened() as file:
            array = file[name]
            if array.shape != (column.count, *column.shape):
                raise DataError(
                    f"{where}: field {column.name} is an array of shape {list(array.shape)}, not "
                    f"{[column.count, *column.shape]}; it was changed: convert the data again"
                )
            stored = stored_chunks(array, column)
        if stored is None:
            return UnmappedColumn(
                _by_hdf5(self._path, name, column, where), column, checksums, where
            )
        if stored.lie_open:
            return MappedColumn(column, self._bytes, stored.offsets, checksums, where)
        read = partial(read_chunk, self._bytes, stored, column)
        return UnmappedColumn(read, column, checksums, where)

    @contextmanager
    def _opened(self) -> Iterator[h5py.File]:
        with reading(self._where), h5py.File(self._path, "r", locking=False) as file:
            yield file


class UnmappedColumn:
    """A column that is read by whole chunks, the last few of which are kept: 64 MiB, or one chunk.

    Each is checked against its checksum when it is read for the first time.

    Args:
        read: gives the records of a chunk, (N, *shape).
        column: what is stored.
        checksums: of each chunk, (chunks,).
        where: the table's path, for messages.
    """

    def __init__(
        self, read: Callable[[int], Array], column: Column, checksums: Array, where: str
    ) -> None:
        self.column, self._read_chunk = column, read
        self._checksums, self._where = checksums, where
        self._unchecked = np.ones(column.chunks, np.bool_)
        kept = _KEPT_BYTES // max(1, column.per_chunk * column.record_bytes)
        self._chunk = lru_cache(max(1, kept))(self._read)

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records `rows`, which exist, to `out`, (N, *shape).

        Raises: DataError if a chunk is damaged.
        """
        chunks, within = np.divmod(rows, self.column.per_chunk)
        for chunk in np.unique(chunks).tolist():
            here = np.flatnonzero(chunks == chunk)
            out[here] = self._chunk(chunk)[within[here]]

    def span(self, start: int, stop: int) -> Array:
        """Return records from `start` to `stop`, in a row.

        Raises: DataError if a chunk is damaged.
        """
        per_chunk = self.column.per_chunk
        chunks = range(start // per_chunk, max(start, stop - 1) // per_chunk + 1)
        pieces = [
            self._chunk(chunk)[max(start - chunk * per_chunk, 0) : stop - chunk * per_chunk]
            for chunk in chunks
        ]
        return np.concatenate(pieces)

    def _read(self, chunk: int) -> Array:
        try:
            values = self._read_chunk(chunk)
        except ChunkError as error:
            records = self.column.records_in(chunk)
            raise DataError(
                f"{self._where}: chunk {chunk} of field {self.column.name} (records {records[0]} "
                f"to {records[-1]}) is damaged: {error}; convert the data again"
            ) from error
        if self._unchecked[chunk]:
            found, written = checksum(values), int(self._checksums[chunk])
            if found != written:
                raise damaged(self._where, self.column, chunk, found, written)
            self._unchecked[chunk] = False
        return values


def _by_hdf5(file: Path, name: str, column: Column, where: str) -> Callable[[int], Array]:
    """Return what reads a chunk's records through h5py, whatever the filters of the array."""

    def read(chunk: int) -> Array:
        records = column.records_in(chunk)
        values: Array = np.empty((len(records), *column.shape), column.dtype)
        with reading(where), h5py.File(file, "r", locking=False) as opened:
            opened[name].read_direct(values, np.s_[records.start : records.stop])
        return values

    return read


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Turn what h5py raises on reading into a DataError."""
    try:
        yield
    except (OSError, LookupError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"{where}: HDF5 cannot read it: {_reason(error)}; convert the data again"
        ) from error


@contextmanager
def _writing(path: str) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise StorageError(f"{path}: cannot be written: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return the operating system's reason, else HDF5's, which is longer and names inner files."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error.args[0] if error.args else error)  # str() would put a KeyError's in quotes
