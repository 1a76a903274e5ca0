"""A table that is open for reading, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from protonet.data.encoded_column import EncodedColumn
from protonet.data.header import Header
from protonet.data.layout import Array, Column, Rows
from protonet.errors import UsageError


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


class ChunkedDataset:
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
        self._reopen = reopen

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
            if isinstance(column, EncodedColumn):
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
        least, most = int(rows.min()), int(rows.max())
        if least < 0 or most >= self.header.count:
            strange = least if least < 0 else most
            raise IndexError(f"{self.path}: there is no record {strange}; there are {len(self)}")
        for name, array in out.items():
            column = columns[name].column
            fits = array.shape == (len(rows), *column.shape) and array.dtype == column.dtype
            if not (fits and array.flags.c_contiguous):
                raise ValueError(
                    f"{name}: {array.dtype} {array.shape} cannot take {len(rows)} records"
                )
            columns[name].gather(rows, array)

    @property
    def columns(self) -> Mapping[str, Gathering]:
        """The records, by field name.

        Raises: UsageError if the dataset is closed.
        """
        return self._open_columns()

    def close(self) -> None:
        """Let go of the file."""
        self._columns = None

    def __enter__(self) -> Self:
        """Return the dataset itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the dataset."""
        self.close()

    def __reduce__(self) -> tuple[Callable[[], ChunkedDataset], tuple[()]]:
        """Pickle as the way to open it again."""
        return self._reopen, ()

    def _open_columns(self) -> Mapping[str, Gathering]:
        if self._columns is None:
            raise UsageError(f"{self.path}: the dataset is closed")
        return self._columns
