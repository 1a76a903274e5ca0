"""What an earlier run stored of a table before it was killed, read back as the batches it was.

Only images are read back, for they are what takes long to make; all else is taken from the source
again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from protonet.convert.batches import Batch, record_hashes
from protonet.convert.encoded_pictures import EncodedPictures
from protonet.convert.journal import Entry, Stored
from protonet.convert.pictures import Pictures
from protonet.convert.plan import Plan
from protonet.convert.source import Reject
from protonet.convert.stamps import stamp
from protonet.data import layout
from protonet.data.encoded_images import EncodedImages
from protonet.data.layout import CHECKSUM, Array, Rows, new_columns
from protonet.data.mapped import MappedColumn


class ReadBack(Protocol):
    """The images of a field that an earlier run stored: pixels by record, or bytes of files."""

    @property
    def column(self) -> layout.Column:
        """What is stored."""
        ...

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records to `out`, as `protonet.data.dataset.Gathering` does."""
        ...

    def span(self, start: int, stop: int) -> Array:
        """Return bytes from `start` to `stop`."""
        ...


class OpenFile(Protocol):
    """The file that an earlier run wrote to."""

    def column(
        self, name: str, column: layout.Column, checksums: Array, where: str
    ) -> MappedColumn:
        """Return a column's records.

        Raises: DataError if a chunk is missing or has another size.
        """
        ...


@dataclass(frozen=True)
class Earlier:
    """The batches of a table that are stored.

    Args:
        plan: the table.
        entries: its batches, one after the other.
        images: the columns of its images, by field.
    """

    plan: Plan
    entries: Sequence[Entry]
    images: Mapping[str, ReadBack]

    @property
    def count(self) -> int:
        """Number of records that need not be looked at again: the first of the table."""
        return sum(entry.count for entry in self.entries)

    def whole_chunks(self, name: str) -> int:
        """Return how many chunks of a column of images hold nothing but these batches; what is
        stored of others is written again, for its source may have changed."""
        used = sum(_used(entry, name) for entry in self.entries)
        return used // self.images[name].column.per_chunk

    def changed(self) -> str | None:
        """Return a sentence on the first images that are not what they were; None without any."""
        for entry in self.entries:
            rows = self._rows(entry)
            if stamp(self.plan.part, rows) != entry.stamp:
                first, last = (self.plan.part.name(int(rows[place])) for place in (0, -1))
                return f"an image has changed since, one from {first} to {last}"
        return None

    def batches(self) -> Iterator[Batch]:
        """Yield the batches.

        Raises: DataError if a chunk is damaged.
        """
        places = dict.fromkeys(self.images, 0)
        for entry in self.entries:
            rows = self._rows(entry)
            readable = np.ones(len(rows), np.bool_)
            readable[list(entry.left_out)] = False
            batch = Batch({}, rows[readable], entry.colour, dict(entry.remarks), stamp=entry.stamp)
            batch.rejects += [Reject(name, why) for name, why in entry.rejects]
            for name, column in self.plan.batches.columns.items():
                if isinstance(column, Pictures | EncodedPictures):
                    batch.arrays[name], used = self._images(name, places[name], entry)
                    places[name] += used
                else:
                    batch.arrays[name] = column.take(batch.indices)
            if self.plan.batches.hashed:
                batch.hashes = record_hashes(batch.arrays, len(batch.indices))
            yield batch

    def _rows(self, entry: Entry) -> Rows:
        return self.plan.rows[entry.start : entry.start + entry.count]

    def _images(self, name: str, place: int, entry: Entry) -> tuple[Array | EncodedImages, int]:
        """Return a batch's images, and how many records or bytes of the column they take up."""
        column = self.images[name]
        if name not in entry.encoded:
            kept = entry.count - len(entry.left_out)
            out = np.empty((kept, *column.column.shape), column.column.dtype)
            column.gather(np.arange(place, place + kept), out)
            return out, kept
        sizes = [size for size, _ in entry.encoded[name]]
        data = column.span(place, place + sum(sizes)).tobytes() if sizes else b""
        ends = np.cumsum(sizes, dtype=np.int64).tolist()
        pieces = [data[end - size : end] for end, size in zip(ends, sizes, strict=True)]
        return EncodedImages(pieces, [shape for _, shape in entry.encoded[name]]), len(data)


def earlier(plan: Plan, stored: Stored, file: OpenFile, where: str) -> Earlier:
    """Return what is stored of a table.

    Args:
        plan: the table.
        stored: what the journal says of it.
        file: what the earlier run wrote.
        where: the table's path, for messages.

    Raises: DataError if a chunk that was written is missing.
    """
    prefix = f"{plan.name}/" if plan.name else ""
    images = {}
    for field in plan.batches.fields:
        if isinstance(plan.batches.columns[field.name], Pictures | EncodedPictures):
            column = new_columns(field, where)[0]
            sums = np.array(stored.sums(field.name), CHECKSUM)
            column = replace(column, count=len(sums) * column.per_chunk)
            images[field.name] = file.column(prefix + field.name, column, sums, where)
    return Earlier(plan, list(_whole(stored.entries, images)) if images else [], images)


def _whole(entries: Sequence[Entry], images: Mapping[str, MappedColumn]) -> Iterator[Entry]:
    """Yield the batches in a row all of whose images lie in chunks that were written."""
    start, used = 0, dict.fromkeys(images, 0)
    for entry in entries:
        for name in used:
            used[name] += _used(entry, name)
        if entry.start != start or any(used[name] > images[name].column.count for name in used):
            return
        start += entry.count
        yield entry


def _used(entry: Entry, name: str) -> int:
    """Return how many records, or bytes of encoded images, a batch takes up in a column."""
    if name in entry.encoded:
        return sum(size for size, _ in entry.encoded[name])
    return entry.count - len(entry.left_out)
