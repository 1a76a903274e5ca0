"""Caffe's LMDBs: a Datum for each key, in the order of the keys.

Pixels keep the order of channels that they are stored in, which in Caffe's databases is blue,
green, red; encoded images are decoded to that order too. Datums of floats become float32 fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from protonet.convert.array_images import in_colours
from protonet.convert.datum import Datum, read_datum, read_label
from protonet.convert.files import shown
from protonet.convert.source import (
    DATA,
    Images,
    Part,
    Reject,
    Values,
    labelled,
    numbered_classes,
)
from protonet.data.header import FieldSpec
from protonet.data.image import Decoded, decode, image_errors
from protonet.data.layout import Array, Rows
from protonet.data.lmdb_pages import PageError, places
from protonet.data.mapped import map_file
from protonet.errors import DataError
from protonet.records import ChannelOrder


@dataclass(frozen=True)
class Datums:
    """The records of a database.

    Args:
        where: the database, for messages.
        file: its `data.mdb`, mapped.
        offsets: where each value begins, (N,).
        sizes: bytes of each, (N,).
    """

    where: str
    file: Array
    offsets: Rows
    sizes: Rows

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.offsets)

    def name(self, index: int) -> str:
        """Return the database and the record's number in it, from 0."""
        return f"{self.where}, record {index}"

    def read(self, index: int) -> Datum:
        """Return one record.

        Raises: DataError if it is no Datum.
        """
        return read_datum(self.content(index), self.name(index))

    def label(self, index: int, skip: int = 0) -> int:
        """Return the label of one record, reading nothing of its first `skip` bytes.

        Raises: DataError if what is read is no Datum.
        """
        return read_label(self.content(index, skip), self.name(index))

    def content(self, index: int, skip: int = 0) -> bytes:
        """Return the bytes of one record, without the first `skip`."""
        offset, size = int(self.offsets[index]), int(self.sizes[index])
        return self.file[offset + skip : offset + size].tobytes()

    def some(self, rows: Rows) -> Datums:
        """Return some of the records."""
        return Datums(self.where, self.file, self.offsets[rows], self.sizes[rows])


class DatumRecords(Protocol):
    """The records of a database of Caffe's, of whatever kind; read by several threads at once."""

    @property
    def where(self) -> str:
        """The database, for messages."""
        ...

    def __len__(self) -> int:
        """Return the number of records."""
        ...

    def name(self, index: int) -> str:
        """Return what messages call a record."""
        ...

    def read(self, index: int) -> Datum:
        """Return one record.

        Raises: DataError if it is no Datum.
        """
        ...

    def some(self, rows: Rows) -> DatumRecords:
        """Return some of the records."""
        ...


@dataclass(frozen=True)
class DatumImages:
    """The images of a database.

    Args:
        records: the records.
        gray: turn colour into luma.
        single: whether they are stored with one channel.
    """

    records: DatumRecords
    gray: bool
    single: bool

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.records)

    @property
    def channels(self) -> ChannelOrder:
        """Caffe's colours are blue, green, red."""
        return "gray" if self.gray or self.single else "BGR"

    def name(self, index: int) -> str:
        """Return the database and the record's number in it, from 0."""
        return self.records.name(index)

    def content(self, index: int) -> bytes:
        """Return the bytes of one image, pixels or a file's.

        Raises: DataError if the record is no Datum.
        """
        record = self.records.read(index)
        if record.encoded is not None:
            return record.encoded
        return b"" if record.array is None else record.array.tobytes()

    def load(self, index: int) -> Decoded:
        """Return one image, (H, W, C).

        Raises: DataError if it cannot be decoded, or has another number of channels.
        """
        record = self.records.read(index)
        if record.encoded is not None:
            with image_errors(self.name(index)):
                found = decode(record.encoded, gray=self.channels == "gray")
                return Decoded(found.pixels[..., ::-1], found.gray, found.remark)
        pixels = np.empty((0, 0, 0), np.uint8) if record.array is None else record.array
        wanted = 1 if self.single else 3
        if pixels.shape[0] != wanted or pixels.dtype != np.uint8:
            raise DataError(
                f"{self.name(index)}: has {pixels.shape[0]} channels of {pixels.dtype}, and the "
                f"first record has {wanted} of uint8"
            )
        pixels = in_colours(pixels.transpose(1, 2, 0), "BGR", gray=self.gray)
        return Decoded(pixels, self.single)


@dataclass(frozen=True)
class DatumNumbers:
    """The arrays of a database that are no images.

    Args:
        records: the records.
        first: the first array, whose shape and type the others must have.
    """

    records: DatumRecords
    first: Array

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.records)

    def spec(self, name: str) -> FieldSpec:
        """Return the field as it is stored under this name."""
        return FieldSpec(name=name, dtype=self.first.dtype.name, shape=self.first.shape)

    def take(self, rows: Rows) -> Array:
        """Return the records of these numbers, (N, C, H, W).

        Raises: DataError if a record has another shape or type.
        """
        taken = np.empty((len(rows), *self.first.shape), self.first.dtype)
        for place, index in enumerate(rows.tolist()):
            array = self.records.read(index).array
            if array is None or array.shape != self.first.shape or array.dtype != taken.dtype:
                raise DataError(
                    f"{self.records.name(index)}: its array is not like the first record's, "
                    f"{list(self.first.shape)} of {self.first.dtype}"
                )
            taken[place] = array
        return taken


def list_datums(folder: Path, *, gray: bool, table: str | None = None) -> Part:
    """List a database of Caffe's.

    Raises: DataError if it cannot be read or holds no Datum.
    """
    where = shown(folder)
    file = map_file(folder / "data.mdb", where)
    try:
        offsets, sizes = places(file.data)
    except PageError as error:
        raise DataError(f"{where}: data.mdb cannot be read: {error}") from error
    return datum_part(Datums(where, file, offsets, sizes), gray=gray, table=table)


def datum_part(every: DatumRecords, *, gray: bool, table: str | None = None) -> Part:
    """Return what the records of a database become.

    Raises: DataError if there is none, or none is a Datum.
    """
    if not len(every):
        raise DataError(f"{every.where}: the database is empty")
    labels, good, rejects = _labels(every)
    if not len(good):
        raise DataError(f"{rejects[0].why}; only Caffe's databases and protonet's can be read")
    records = every.some(good)
    first = records.read(0)
    images: Images | None = None
    values: dict[str, Values] = {}
    if first.array is None:
        images = DatumImages(records, gray, is_gray(records))
    elif first.array.dtype == np.uint8 and first.array.shape[0] in (1, 3):
        images = DatumImages(records, gray, first.array.shape[0] == 1)
    else:
        values[DATA] = DatumNumbers(records, first.array)
    known = numbered_classes(labels) if labels.min() >= 0 else None
    return Part(images, {**values, **labelled(labels)}, known, table, rejects=tuple(rejects))


def _labels(records: DatumRecords) -> tuple[Array, Rows, list[Reject]]:
    """Return the labels, the numbers of the records that have one, and the others."""
    labels, good, rejects = [], [], []
    for index in range(len(records)):
        try:
            labels.append(records.read(index).label)
            good.append(index)
        except DataError as error:
            rejects.append(Reject(records.name(index), str(error)))
    return np.array(labels, np.int64), np.array(good, np.int64), rejects


def is_gray(records: DatumRecords) -> bool:
    """Tell whether the first image that can be decoded has no colour."""
    for index in range(len(records)):
        with_name = records.read(index)
        try:
            with image_errors(records.name(index)):
                return decode(with_name.encoded or b"", gray=False).gray
        except DataError:
            continue
    return False
