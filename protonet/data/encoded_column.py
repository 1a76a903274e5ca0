"""A field of encoded images: bytes that are decoded as they are read, on all cores."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Protocol

import numpy as np

from protonet.data.header import FieldSpec
from protonet.data.image import decode, image_errors, probe
from protonet.data.layout import Array, Column, Rows
from protonet.errors import DataError

_FEW = 4
"""Images that are decoded where they are asked for: threads would take longer."""


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
        column: what is decoded, as a column of pixels would be stored.
        parts: the columns of the file.
    """

    def __init__(
        self, field: FieldSpec, data: Stored, ends: Stored, where: str, *, gray: bool
    ) -> None:
        self.field, self._data, self._ends, self._where = field, data, ends, where
        self._gray = gray
        count = ends.column.count
        self.column = Column(field.name, np.dtype("u1"), field.shape or (), count, count or 1)
        self.parts = (data, ends)

    def encoded(self, row: int) -> bytes:
        """Return the bytes of one image's file.

        Raises: DataError if they are damaged.
        """
        first = max(0, row - 1)
        ends = self._ends.span(first, row + 1).tolist()
        start, stop = (0 if row == 0 else ends[0]), ends[-1]
        if not 0 <= start <= stop <= self._data.column.count:
            raise DataError(f"{self._name(row)}: its place is damaged; convert the data again")
        return bytes(self._data.span(start, stop).tobytes())

    def shape(self, data: bytes) -> tuple[int, ...]:
        """Return what an image's bytes decode to, (C, H, W).

        Raises: DataError if they are no image's.
        """
        with image_errors(f"{self._where}: an image of field {self.field.name}"):
            return probe(data, gray=self._gray).shape

    def image(self, row: int) -> Array:
        """Return one image, decoded, (C, H, W).

        Raises: DataError if it is damaged.
        """
        with image_errors(self._name(row)):
            pixels = decode(self.encoded(row), gray=self._gray).pixels
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
        numbers = list(enumerate(rows.tolist()))
        if len(numbers) < _FEW:
            for place, row in numbers:
                self._into(out, place, row)
            return
        for _ in _pool(os.getpid()).map(lambda one: self._into(out, *one), numbers):
            pass

    def _into(self, out: Array, place: int, row: int) -> None:
        image = self.image(row)
        if image.shape != out.shape[1:]:
            raise DataError(
                f"{self._name(row)}: decodes to the shape {list(image.shape)}, and the field has "
                f"{list(out.shape[1:])}: it is damaged; convert the data again"
            )
        out[place] = image

    def _name(self, row: int) -> str:
        return f"{self._where}, record {row}"


@lru_cache(1)
def _pool(process: int) -> ThreadPoolExecutor:
    """Return the threads of this process: a forked one has none of its parent's."""
    return ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="protonet-decode")
