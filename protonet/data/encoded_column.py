"""A field of encoded images: bytes that are decoded as they are read, on all cores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from protonet.data.decoding_threads import each
from protonet.data.header import FieldSpec
from protonet.data.image import decode, image_errors, probe
from protonet.data.layout import Array, Column, Rows
from protonet.errors import DataError


class Stored(Protocol):
    """A column of the file."""

    @property
    def column(self) -> Column:
        """What is stored."""
        ...

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records."""
        ...

    def span(self, start: int, stop: int) -> Array:
        """Return records from `start` to `stop`, in a row."""
        ...


class EncodedColumn:
    """Gathers the decoded images of a field.

    Args:
        field: the field; its shape is None where the images differ in size.
        data: the bytes of all images, one after the other.
        ends: where each ends, (N,).
        where: the table's path, for messages.
        gray: decode to one channel.

    Attributes:
        gray: as given.
        column: what is decoded, as a column of pixels would be stored.
        parts: the columns of the file.
    """

    def __init__(
        self, field: FieldSpec, data: Stored, ends: Stored, where: str, *, gray: bool
    ) -> None:
        self.field, self._data, self._ends, self._where = field, data, ends, where
        self.gray = gray
        count = ends.column.count
        self.column = Column(field.name, np.dtype("u1"), field.shape or (), count, count or 1)
        self.parts = (data, ends)

    def over(self, change: Callable[[Stored], Stored]) -> EncodedColumn:
        """Return the same images, out of changed columns of the file."""
        data, ends = map(change, self.parts)
        return EncodedColumn(self.field, data, ends, self._where, gray=self.gray)

    def encoded(self, row: int) -> bytes:
        """Return the bytes of one image's file.

        Raises: DataError if they are damaged.
        """
        return bytes(self.view(row))

    def view(self, row: int) -> memoryview:
        """Return the bytes of one image's file as they lie, in the page cache where they can.

        Raises: DataError if they are damaged.
        """
        first = max(0, row - 1)
        ends = self._ends.span(first, row + 1).tolist()
        start, stop = (0 if row == 0 else ends[0]), ends[-1]
        if not 0 <= start <= stop <= self._data.column.count:
            raise DataError(f"{self.name(row)}: its place is damaged; convert the data again")
        return self._data.span(start, stop).data

    def name(self, row: int) -> str:
        """Return what messages call a record."""
        return f"{self._where}, record {row}"

    def shape(self, data: bytes) -> tuple[int, ...]:
        """Return what an image's bytes decode to, (C, H, W).

        Raises: DataError if they are no image's.
        """
        with image_errors(f"{self._where}: an image of field {self.field.name}"):
            return probe(data, gray=self.gray).shape

    def image(self, row: int) -> Array:
        """Return one image, decoded, (C, H, W).

        Raises: DataError if it is damaged.
        """
        with image_errors(self.name(row)):
            pixels = decode(self.encoded(row), gray=self.gray).pixels
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))

    def gather(self, rows: Rows, out: Array) -> None:
        """Decode records `rows`, which exist, to `out`, (N, C, H, W).

        Raises: DataError if one is damaged, or the images differ in size.
        """
        if self.field.shape is None:
            raise DataError(
                f"{self._where}: the images of its field {self.field.name} have different sizes, "
                "and a batch has one; convert again with --resize WxH"
            )
        numbers = rows.tolist()
        each(len(numbers), lambda place: self._into(out, place, numbers[place]))

    def _into(self, out: Array, place: int, row: int) -> None:
        image = self.image(row)
        if image.shape != out.shape[1:]:
            raise DataError(
                f"{self.name(row)}: decodes to the shape {list(image.shape)}, and the field has "
                f"{list(out.shape[1:])}: it is damaged; convert the data again"
            )
        out[place] = image
