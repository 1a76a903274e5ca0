"""Data as they are: their tables, and what is known of each; a dataset, an LMDB or LevelDB of
Caffe's, or whatever else can be converted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from protonet.convert.batches import Batch, new_batches, unreadable
from protonet.convert.dataset_source import list_dataset
from protonet.convert.datum_database import list_datums
from protonet.convert.direct import Reading, always, as_dataset, is_own
from protonet.convert.files import shown
from protonet.convert.find import list_parts
from protonet.convert.image_column import FileColumn
from protonet.convert.level_database import is_leveldb, list_leveldb
from protonet.convert.options import ConvertOptions
from protonet.convert.source import Part, Reject, numbers
from protonet.data.dataset import ChunkedDataset
from protonet.data.decoding_threads import each
from protonet.data.encoded_column import EncodedColumn
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import Array, new_column
from protonet.data.open import open_dataset, tables_of
from protonet.data.statistics import Statistics
from protonet.errors import DataError, UsageError

_BLOCK = 64
"""Records that are held at a time."""


@dataclass(frozen=True)
class Stored:
    """One table.

    Args:
        address: what a source names to read it, `x.lmdb/train`.
        part: its records.
        dataset: the open dataset; None for a database of Caffe's.
        has_checksums: whether every record was stored with a checksum.
    """

    address: str
    part: Part
    dataset: ChunkedDataset | None
    has_checksums: bool = False

    def header(self) -> Header:
        """Return what is known of the table; of Caffe's databases all records are read for it, and
        of other data that are not converted no mean is known.

        Raises: DataError if a record cannot be read.
        """
        if self.dataset is not None:
            return self.dataset.header
        rows = np.arange(self.part.count)
        batches = new_batches(self.part, None, rows)
        header = Header(
            fields=batches.fields,
            count=0,
            channels=self.part.order,
            classes=self.part.classes,
            content_hash="0",
        )
        columns = {field.name: new_column(field, self.address) for field in header.fields}
        statistics = Statistics(header, columns, self.address)
        for batch in self.batches():
            arrays = {name: numbers(records) for name, records in batch.arrays.items()}
            statistics.check(arrays)
            for name, records in arrays.items():
                statistics.add(name, records)
        return statistics.complete(len(rows))

    def fields(self) -> tuple[FieldSpec, ...]:
        """Return the fields of the table."""
        if self.dataset is not None:
            return self.dataset.header.fields
        return new_batches(self.part, None, np.arange(self.part.count)).fields

    def record(self, index: int) -> dict[str, Array]:
        """Return one record, each field an array of its shape.

        Raises: UsageError if there is no such record; DataError if it cannot be read.
        """
        count = self.part.count
        if not -count <= index < count:
            raise UsageError(
                f"{self.address}: there is no record {index}; its {count} records are numbered "
                f"from 0 to {count - 1}"
            )
        if self.dataset is not None:
            return self.dataset[index]
        rows = np.array([index % count])
        (batch,) = new_batches(self.part, None, rows).stream(rows, 1)
        if batch.rejects:
            raise DataError(batch.rejects[0].why)
        return {name: numbers(records)[0] for name, records in batch.arrays.items()}

    def batches(self, threads: int = 1) -> Iterator[Batch]:
        """Yield all records in order.

        Raises: DataError if one cannot be read.
        """
        rows = np.arange(self.part.count)
        stream = new_batches(self.part, None, rows).stream(rows, threads)
        with closing(stream):
            for batch in stream:
                if batch.rejects:
                    raise unreadable(batch.rejects, len(rows))
                yield batch

    def rejects(self) -> Iterator[Reject]:
        """Yield every record without a checksum that cannot be read, and those that the listing
        found."""
        yield from self.part.rejects
        if self.part.images is None:
            yield from _unreadable_numbers(self.part)
            return
        for index in range(self.part.count):
            try:
                self.part.images.load(index)
            except DataError as error:
                yield Reject(self.part.name(index), str(error))


def open_stored(path: Path) -> tuple[Stored, ...]:
    """Open a database, or other data that can be converted: all tables, or the one that is asked
    for, `x.lmdb/train`.

    Raises: DataError if there are none, or they cannot be read; UsageError if they are not of a
        kind that is known.
    """
    where = shown(path)
    if path.is_dir() and (path / "data.mdb").is_file() and not tables_of(path):
        return (Stored(where, list_datums(path, gray=False), None),)
    if is_leveldb(path):
        return (Stored(where, list_leveldb(path, gray=False), None),)
    if not is_own(path, where):
        return tuple(_direct(path, where))
    parts = list_dataset(path, ConvertOptions())
    names = [part.table for part in parts]
    addresses = [where if name is None else f"{where}/{name}" for name in names]
    return tuple(
        Stored(address, part, open_dataset(address), has_checksums=True)
        for address, part in zip(addresses, parts, strict=True)
    )


def _direct(path: Path, where: str) -> Iterator[Stored]:
    """Yield the tables of data that are no database."""
    reading = Reading(varies=always)
    for part in list_parts(path, ConvertOptions()):
        address = where if part.table is None else f"{where}/{part.table}"
        yield Stored(address, part, as_dataset(part, path, address, reading))


def mean_of(stored: Stored, threads: int) -> npt.NDArray[np.float64]:
    """Return the mean of the first field over all records, of the field's shape; of images of
    different sizes that of each channel over all pixels, (C, 1, 1).

    Raises: DataError if a record cannot be read.
    """
    dataset = stored.dataset
    if dataset is not None and dataset.header.fields[0].shape is None:
        column = dataset.columns[dataset.header.fields[0].name]
        count = len(dataset)
        if isinstance(column, EncodedColumn) or (
            isinstance(column, FileColumn) and not _alike(column, count)
        ):
            return _mean_of_channels(column, count)
    total: npt.NDArray[np.float64] | None = None
    for records in _first_field(stored, threads):
        added = records.sum(0, dtype=np.float64)
        total = added if total is None else total + added
    assert total is not None  # a table has records
    return total / stored.part.count


def _alike(column: FileColumn, count: int) -> bool:
    """Return whether all images have the size of the first, by what their files begin with."""
    return all(column.shape(column.encoded(row)) == column.column.shape for row in range(count))


def _mean_of_channels(column: EncodedColumn | FileColumn, count: int) -> npt.NDArray[np.float64]:
    channels = 1 if column.gray else 3
    sums, pixels = np.zeros((count, channels)), np.zeros(count)

    def add(row: int) -> None:
        image = column.image(row)
        sums[row] = image.sum((1, 2), dtype=np.float64)
        pixels[row] = image[0].size

    each(count, add)
    mean: npt.NDArray[np.float64] = (sums.sum(0) / pixels.sum()).reshape(channels, 1, 1)
    return mean


def _first_field(stored: Stored, threads: int) -> Iterator[Array]:
    if stored.dataset is None:
        for batch in stored.batches(threads):
            yield numbers(next(iter(batch.arrays.values())))
        return
    field, count = stored.dataset.header.fields[0], stored.part.count
    for first in range(0, count, _BLOCK):
        rows = np.arange(first, min(first + _BLOCK, count))
        shape = stored.dataset.columns[field.name].column.shape
        records = np.empty((len(rows), *shape), field.dtype)
        stored.dataset.gather(rows, {field.name: records})
        yield records


def _unreadable_numbers(part: Part) -> Iterator[Reject]:
    for index in range(part.count):
        for values in part.values.values():
            try:
                values.take(np.array([index]))
            except DataError as error:
                yield Reject(part.name(index), str(error))
