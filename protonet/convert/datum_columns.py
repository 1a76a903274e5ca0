"""Caffe's LMDBs as datasets, without conversion: a Datum is read when its record is asked for.

Opening one reads the tree of its keys and the first record. What is kept is where each value lies,
16 bytes a record, so that records are read in any order. Pixels keep the order of channels that
they are stored in, which in Caffe's databases is blue, green, red. Nothing in such a database tells
a damaged pixel from a good one, and nothing names its classes.

Caffe writes all that stands before the pixels of a Datum alike in every record of one shape. So a
batch is gathered by a few copies where that is true, and a Datum at a time where it is not.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from protonet.convert.datum import Datum, pixel_place
from protonet.convert.datum_database import DatumImages, Datums, is_gray
from protonet.convert.image_column import ImageColumn
from protonet.convert.resizing import shown_resize
from protonet.convert.source import DATA, LABEL
from protonet.data.dataset import ChunkedDataset, Gathering
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import Array, Column, Rows
from protonet.data.lmdb_pages import PageError, first_key, places
from protonet.data.mapped import check_length, map_file
from protonet.errors import DataError
from protonet.records import ChannelOrder

FILE = "data.mdb"
READ = "read"
"""The command that made data which no conversion made."""

_OWN = re.compile(rb"(.*/)?protonet/.*|.*/[0-9]{8}", re.DOTALL)
"""Keys of protonet's own databases."""


def may_be_own(folder: Path, where: str) -> bool:
    """Tell whether a database can be one of protonet's: whether its first key looks so.

    Raises: DataError if the file cannot be read.
    """
    try:
        key = first_key(map_file(folder / FILE, where).data)
    except PageError as error:
        raise DataError(f"{where}: {FILE} cannot be read: {error}") from error
    return key is not None and _OWN.fullmatch(key) is not None


def open_datums(
    folder: str, where: str, *, size: tuple[int, int] | None, gray: bool
) -> ChunkedDataset:
    """Open a database of Caffe's.

    Args:
        folder: it.
        where: its path as people know it, for messages.
        size: width and height that images are scaled to; None: all have one.
        gray: turn colour into luma.

    Raises: DataError if it cannot be read, is empty, or holds no Datum.
    """
    file = map_file(Path(folder) / FILE, where)
    try:
        offsets, sizes = places(file.data, all_pages=False)
    except PageError as error:
        raise DataError(f"{where}: {FILE} cannot be read: {error}") from error
    if not len(offsets):
        raise DataError(f"{where}: the database is empty")
    records = Datums(where, file, offsets, sizes)
    try:
        first = records.read(0)
    except DataError as error:
        raise DataError(f"{error}; only Caffe's databases and protonet's can be read") from error
    column, channels = _images(records, first, size, gray=gray)
    labels = DatumLabels(records, Lead.of(records))
    header = Header(
        fields=(
            FieldSpec(name=DATA, dtype=column.column.dtype.name, shape=column.column.shape),
            FieldSpec(name=LABEL, dtype="int64", shape=()),
        ),
        count=len(offsets),
        channels=channels,
        content_hash=_identity(folder, len(offsets)),
        made_by=read_facts(where, size),
    )
    reopen = partial(open_datums, folder, where, size=size, gray=gray)
    return ChunkedDataset(where, header, {DATA: column, LABEL: labels}, reopen)


def read_facts(where: str, size: tuple[int, int] | None) -> dict[str, str]:
    """Return how data come about that are read without conversion: from where, and what is done to
    their images."""
    scaled = {} if size is None else {"resize": shown_resize(size)}
    return {"command": READ, "source": where, **scaled}


def _images(
    records: Datums, first: Datum, size: tuple[int, int] | None, *, gray: bool
) -> tuple[Gathering, ChannelOrder | None]:
    """Return the field `data`, and the order of its channels."""
    array = first.array
    if array is not None and (array.dtype != np.uint8 or array.shape[0] not in (1, 3)):
        return DatumPixels(records, Lead.of(records), array), None
    single = is_gray(records) if array is None else array.shape[0] == 1
    images = DatumImages(records, gray, single)
    if array is not None and size is None and (single or not gray):
        return DatumPixels(records, Lead.of(records), array), images.channels
    return ImageColumn(DATA, images, size), images.channels


def _identity(folder: str, count: int) -> str:
    """Return what tells this database from another, without reading all of it."""
    status = os.stat(Path(folder) / FILE)
    text = f"datum {count} {status.st_size} {status.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Lead:
    """What stands before the pixels of a Datum.

    Attributes:
        content: the bytes; of a Datum without pixels, as one of floats, empty.
        pixels: bytes that follow, 0 for such a Datum.
    """

    content: Array
    pixels: int

    @classmethod
    def of(cls, records: Datums) -> Lead:
        """Return that of the first record, which most others have too."""
        content = records.content(0)
        start, size = pixel_place(content) or (0, 0)
        return cls(np.frombuffer(content[:start], np.uint8), size)

    def stands_in(self, records: Datums, rows: Rows) -> Array:
        """Tell of each record whether it begins so, (N,) truth values."""
        length = len(self.content)
        if not self.pixels:
            return np.zeros(len(rows), np.bool_)
        begins = records.sizes[rows] >= length + self.pixels
        where = records.offsets[rows[begins], None] + np.arange(length)  # (M, length)
        begins[begins] = (records.file[where] == self.content).all(1)
        return begins


class DatumPixels:
    """Gathers the arrays of a database, all of one shape and type.

    Args:
        records: the records.
        lead: what stands before the pixels of most of them.
        first: the first array, (C, H, W).

    Attributes:
        column: what is gathered, as a column of pixels would be stored.
    """

    def __init__(self, records: Datums, lead: Lead, first: Array) -> None:
        self._records, self._lead = records, lead
        count = len(records.offsets)
        self.column = Column(DATA, first.dtype, first.shape, count, count)

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy the arrays of records `rows`, which exist, to `out`, (N, C, H, W).

        Raises: DataError if one has another shape or type, or the file was cut short.
        """
        check_length(self._records.file, self._records.where)
        alike = self._lead.stands_in(self._records, rows)
        places = self._records.offsets[rows] + len(self._lead.content)
        flat = out.reshape(len(rows), -1).view(np.uint8)
        for place in np.flatnonzero(alike).tolist():
            start = int(places[place])
            flat[place] = self._records.file[start : start + self._lead.pixels]
        for place in np.flatnonzero(~alike).tolist():
            out[place] = self._array(int(rows[place]))

    def _array(self, row: int) -> Array:
        array = self._records.read(row).array
        if array is None:
            found = "an image file"
        elif array.shape != self.column.shape or array.dtype != self.column.dtype:
            found = f"{list(array.shape)} of {array.dtype}"
        else:
            return array
        raise DataError(
            f"{self._records.name(row)}: holds {found}, and the first record "
            f"{list(self.column.shape)} of {self.column.dtype}; records that are read without "
            f"conversion are alike: protonet convert {self._records.where} NEW.lmdb makes them so"
        )


class DatumLabels:
    """Gathers the labels of a database.

    Args:
        records: the records.
        lead: what stands before the pixels of most of them: their labels are read without them.

    Attributes:
        column: what is gathered, as a column of labels would be stored.
    """

    def __init__(self, records: Datums, lead: Lead) -> None:
        self._records, self._lead = records, lead
        count = len(records.offsets)
        self.column = Column(LABEL, np.dtype("<i8"), (), count, count)

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy the labels of records `rows`, which exist, to `out`, (N,).

        Raises: DataError if a record is no Datum, or the file was cut short.
        """
        check_length(self._records.file, self._records.where)
        skipped = np.where(
            self._lead.stands_in(self._records, rows),
            len(self._lead.content) + self._lead.pixels,
            0,
        )
        pairs = zip(rows.tolist(), skipped.tolist(), strict=True)
        out[:] = [self._records.label(row, skip) for row, skip in pairs]
