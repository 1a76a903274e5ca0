"""A table that is open for reading, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, runtime_checkable

import numpy as np

from protonet.data.closing import Closing
from protonet.data.decoding import Decoding, Encoded
from protonet.data.decoding_threads import each
from protonet.data.header import Header
from protonet.data.layout import Array, Column, Rows
from protonet.errors import UsageError
from protonet.windows.plain import LARGE, Windows

_TOGETHER = 16
"""Images that a thread cuts before it takes others."""


class Gathering(Protocol):
    """The records of one field, wherever they lie."""

    @property
    def column(self) -> Column:
        """What is stored."""
        ...

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records `rows`, which exist, to `out`, (N, *shape), C-contiguous.

        Raises: DataError if a chunk is damaged.
        """
        ...


@runtime_checkable
class Viewing(Protocol):
    """The records of one field, where they lie in memory, or seem to."""

    def views(self, rows: Rows) -> Iterator[Array]:
        """Yield each of the records `rows`, which exist, without a copy: (*shape,), to be read
        before the next one is asked for.

        Raises: DataError if a chunk is damaged.
        """
        ...


@runtime_checkable
class Pictured(Protocol):
    """Images of one field, each of its own size, decoded when they are asked for."""

    def image(self, row: int) -> Array:
        """Return one image, (C, H, W), or (H, W) of class numbers.

        Raises: DataError if it is damaged.
        """
        ...


class ChunkedDataset(Closing):
    """A table of fixed-shape fields; `protonet.data.table.Dataset` says what the methods do.

    Args:
        path: the path as it was given, for messages.
        header: the table's header.
        columns: the records, by field name.
        reopen: opens the same table again, in another process.
    """

    def __init__(
        self,
        path: str,
        header: Header,
        columns: Mapping[str, Gathering],
        reopen: Callable[[], ChunkedDataset],
    ) -> None:
        self.path, self.header = path, header
        self._columns: Mapping[str, Gathering] | None = columns
        self.reopen = reopen

    def __len__(self) -> int:
        """Return the number of records."""
        return self.header.count

    def __getitem__(self, index: int) -> dict[str, Array]:
        """Return one record, each field a fresh array."""
        count = self.header.count
        if not -count <= index < count:
            raise IndexError(f"{self.path}: there is no record {index}; there are {count}")
        record = {}
        for name, column in self._open_columns().items():
            if isinstance(column, Pictured):
                record[name] = column.image(index % count)
                continue
            value = np.empty((1, *column.column.shape), column.column.dtype)
            column.gather(np.array([index % count]), value)
            record[name] = value[0, ...]
        return record

    def gather(self, rows: Rows, out: Mapping[str, Array]) -> None:
        """Copy records into the given arrays."""
        columns = self._open_columns()
        if len(rows) == 0:
            return
        self._check_rows(rows)
        for name, array in out.items():
            column = columns[name].column
            fits = array.shape == (len(rows), *column.shape) and array.dtype == column.dtype
            if not (fits and array.flags.c_contiguous):
                raise ValueError(
                    f"{name}: {array.dtype} {array.shape} cannot take {len(rows)} records"
                )
            columns[name].gather(rows, array)

    def cut(self, rows: Rows, name: str, windows: Windows, out: Array) -> None:
        """Copy windows of images into an array, as `protonet.data.cutting.Cuts` says."""
        gathering = self._open_columns()[name]
        if len(rows) == 0:
            return
        self._check_rows(rows)
        column = gathering.column
        if isinstance(gathering, Viewing) and column.record_bytes >= LARGE:
            _cut_views(gathering, rows, windows, out)
            return
        images = np.empty((len(rows), *column.shape), column.dtype)
        gathering.gather(rows, images)
        windows.cut_all(images, out)

    def decode(
        self, rows: Rows, name: str, decoding: Decoding, positions: Rows, out: Array
    ) -> None:
        """Decode images into an array, as `protonet.data.decoding_records.Decodes` says."""
        gathering = self._open_columns()[name]
        if not isinstance(gathering, Encoded):
            raise UsageError(f"{self.path}: its field {name} has no encoded images")
        if len(rows):
            self._check_rows(rows)
            decoding.decode(gathering, rows, positions, out)

    @property
    def columns(self) -> Mapping[str, Gathering]:
        """The records, by field name.

        Raises: UsageError if the dataset is closed.
        """
        return self._open_columns()

    def close(self) -> None:
        """Let go of the file."""
        self._columns = None

    def __reduce__(self) -> tuple[Callable[[], ChunkedDataset], tuple[()]]:
        """Pickle as the way to open it again."""
        return self.reopen, ()

    def _check_rows(self, rows: Rows) -> None:
        least, most = int(rows.min()), int(rows.max())
        if least < 0 or most >= self.header.count:
            strange = least if least < 0 else most
            raise IndexError(f"{self.path}: there is no record {strange}; there are {len(self)}")

    def _open_columns(self) -> Mapping[str, Gathering]:
        if self._columns is None:
            raise UsageError(f"{self.path}: the dataset is closed")
        return self._columns


def _cut_views(gathering: Viewing, rows: Rows, windows: Windows, out: Array) -> None:
    """Copy windows of large images, some by each thread: the copies run without Python's lock."""
    parts = [slice(start, start + _TOGETHER) for start in range(0, len(rows), _TOGETHER)]

    def cut(number: int) -> None:
        part = parts[number]
        windows.part(part).cut(gathering.views(rows[part]), out[part])

    each(len(parts), cut)
