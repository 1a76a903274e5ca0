"""What a dataset is to the rest of protonet: records read by number, and tables written in one go.

Reading: `protonet.data.open_dataset(path)` gives a `Dataset`. Writing::

    with create_tables(Path("out.lmdb"), force=False) as tables:
        train = tables.table("train", fields, channels="RGB", classes=names, made_by={"command": …})
        train.write({"data": images, "label": labels})  # as often as needed, any number of records
    # here the dataset is complete under its name; after an error it never appears

The formats themselves are in `protonet.data.lmdb` and `protonet.data.hdf5`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Protocol, Self

from protonet.data.hdf5 import Hdf5Store
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import Array, Rows, check_name
from protonet.data.lmdb import LmdbStore
from protonet.data.place import appearing
from protonet.data.writer import Store, TableWriter
from protonet.errors import UsageError
from protonet.records import ChannelOrder


class Records(Protocol):
    """What is needed to read records: all that a reader uses of a dataset."""

    @property
    def header(self) -> Header:
        """What the dataset says about itself."""
        ...

    @property
    def path(self) -> str:
        """The path as it was given to `open_dataset`, for messages."""
        ...

    def gather(self, rows: Rows, out: Mapping[str, Array]) -> None:
        """Copy records into the given arrays: `out[field][k]` becomes the field of record
        `rows[k]`.

        Args:
            rows: record numbers from 0, in any order, repeats allowed. Shape (N,).
            out: for each field that is wanted, a C-contiguous array of shape (N, *field shape)
                and the field's dtype.

        Raises: IndexError if a row does not exist; DataError if a chunk is damaged.
        """
        ...


class Dataset(Records, Protocol):
    """One table of named, typed fields, open for reading; a pickled copy opens the file again."""

    def __len__(self) -> int:
        """Return the number of records."""
        ...

    def __getitem__(self, index: int) -> dict[str, Array]:
        """Return one record, each field a fresh array of the field's shape; -1 is the last record.

        Raises: IndexError past either end; DataError if the record's chunk is damaged.
        """
        ...

    def close(self) -> None:
        """Let go of the file. Closing twice is allowed."""
        ...

    def __enter__(self) -> Self:
        """Return the dataset itself."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the dataset."""
        ...


FORMATS: Mapping[str, type[LmdbStore] | type[Hdf5Store]] = MappingProxyType(
    {".lmdb": LmdbStore, ".h5": Hdf5Store, ".hdf5": Hdf5Store}
)
"""File name ending → the format written under it."""


def format_of(path: Path) -> type[LmdbStore] | type[Hdf5Store]:
    """Return the format that is written under a path.

    Raises: UsageError if its ending is another.
    """
    store_type = FORMATS.get(path.suffix)
    if store_type is None:
        raise UsageError(f"{path}: the name of a dataset ends in .lmdb, .h5 or .hdf5")
    return store_type


class Tables:
    """The tables of a dataset that is being written; `create_tables` makes it.

    Args:
        store: the format, open for writing.
        path: the dataset's path as people know it, for messages.
        aside: computes statistics while chunks are stored; None where that comes first.
    """

    def __init__(self, store: Store, path: str, aside: Executor | None = None) -> None:
        self._store, self._path, self._aside = store, path, aside
        self._writers: dict[str | None, TableWriter] = {}

    def table(
        self,
        name: str | None,
        fields: Sequence[FieldSpec],
        *,
        channels: ChannelOrder | None = None,
        classes: Sequence[str] | None = None,
        made_by: Mapping[str, str] = MappingProxyType({}),
    ) -> TableWriter:
        """Begin a table.

        Args:
            name: "train" makes a table addressed as `DST/train`; None the only, unnamed one.
            fields: the columns; the statistics of the header are those of the first.
            channels: order of the channels of the image field.
            classes: name of each class; then the field `label`, whole numbers without a shape,
                must lie in 0 … len(classes) − 1.
            made_by: how the data was made, kept in the header.

        Raises: UsageError for a name or field that cannot be stored, or a second unnamed table.
        """
        self._check(name)
        header = Header(
            fields=tuple(fields),
            count=0,
            channels=channels,
            classes=None if classes is None else tuple(classes),
            content_hash="0",
            made_by=dict(made_by),
        )
        where = self._path if name is None else f"{self._path}/{name}"
        prefix = "" if name is None else f"{name}/"
        writer = TableWriter(self._store, prefix, header, where, self._aside)
        self._writers[name] = writer
        return writer

    def finish(self) -> None:
        """Complete every table and its header.

        Raises: UsageError if there is no table; DataError if one has no records.
        """
        if not self._writers:
            raise UsageError(f"{self._path}: no table was written")
        for writer in self._writers.values():
            writer.finish()

    def _check(self, name: str | None) -> None:
        if name is not None:
            check_name("table", name)
        if name in self._writers or (self._writers and None in (name, *self._writers)):
            known = ", ".join("the unnamed table" if key is None else key for key in self._writers)
            raise UsageError(
                f"{self._path}: there is {known} already, so there cannot be "
                f"{'an unnamed table' if name is None else f'a table {name}'}"
            )


@contextmanager
def create_tables(path: Path, *, force: bool = False) -> Iterator[Tables]:
    """Write a dataset that appears under `path` when the block ends without an error, or never.

    Args:
        path: ends in `.lmdb` (a folder holding `data.mdb`) or `.h5`, `.hdf5` (one file).
        force: replace what is there, once the new one is complete.

    Raises: UsageError if the ending is another, or the path exists and `force` is not given;
        StorageError if the folder cannot be written or the disk is full.
    """
    store_type = format_of(path)
    with appearing(path, store_type.file_name, force=force) as place:
        store = store_type(place, str(path))
        try:
            tables = Tables(store, str(path))
            yield tables
            tables.finish()
            store.finish()
        finally:
            store.release()
