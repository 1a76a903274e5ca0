"""Records in the order asked for, in batches, their images decoded in threads."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from protonet.convert.contents import pieces
from protonet.convert.encoded_pictures import EncodedPictures, Encoding
from protonet.convert.pictures import Pictures, two_sizes
from protonet.convert.resizing import Resize
from protonet.convert.source import DATA, LABEL, Part, Reject, Values
from protonet.convert.stamps import stamp
from protonet.convert.threads import together
from protonet.data.encoded_images import EncodedImages
from protonet.data.header import FieldSpec
from protonet.data.layout import Array, Rows
from protonet.errors import DataError
from protonet.records import ChannelOrder

_BATCH_BYTES = 1 << 20
_MOST_RECORDS = 256
_LISTED = 20


Records = Array | EncodedImages
Column = Pictures | EncodedPictures | Values


@dataclass
class Batch:
    """Records ready to be written.

    Args:
        arrays: by field, (N, *shape) each, or N encoded images.
        indices: which records of the part these are, (N,).
        colour: whether some image has colour, though it may be stored without.
        remarks: record → what was amiss with its image, though it could be read.
        rejects: records that could not be read, and are not in the arrays.
        hashes: of each record but its label, (N,) uint64; None where nobody asked.
        stamp: what tells whether the images of the records are still the same.
    """

    arrays: dict[str, Records]
    indices: Rows
    colour: bool = False
    remarks: dict[int, str] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    hashes: Array | None = None
    stamp: str = ""

    @property
    def count(self) -> int:
        """Number of records that were looked at."""
        return len(self.indices) + len(self.rejects)


@dataclass(frozen=True)
class Batches:
    """How the records of a part become batches.

    Args:
        columns: the fields, in the order of the table.
        part: the part.
        hashed: tell records by a hash, so that those that occur twice are found.
    """

    columns: Mapping[str, Column]
    part: Part
    hashed: bool = False

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The fields as they are stored."""
        return tuple(column.spec(name) for name, column in self.columns.items())

    @property
    def channels(self) -> ChannelOrder | None:
        """Order of the channels of the field `data` as it is read; None where that is no image."""
        encoded = isinstance(self.columns.get(DATA), EncodedPictures)
        return "RGB" if encoded and self.part.order == "BGR" else self.part.order

    @property
    def record_bytes(self) -> int:
        """Bytes of one record, all its fields of one shape together."""
        return sum(
            np.dtype(spec.dtype).itemsize * int(np.prod(spec.shape))
            for spec in self.fields
            if spec.shape is not None
        )

    def stream(self, rows: Rows, threads: int) -> Generator[Batch, None, None]:
        """Yield the records of these numbers, (N,), in batches of about 1 MiB.

        Raises: DataError if an image has another size than the others.
        """
        encoded = [one for one in self.columns.values() if isinstance(one, EncodedPictures)]
        record = self.record_bytes + sum(one.record_bytes for one in encoded)
        step = max(1, min(_MOST_RECORDS, _BATCH_BYTES // max(1, record)))
        return together(
            self._batch, (rows[i : i + step] for i in range(0, len(rows), step)), threads
        )

    def _batch(self, rows: Rows) -> Batch:
        batch = Batch({}, rows, stamp=stamp(self.part, rows))  # before they are read
        readable = np.ones(len(rows), np.bool_)
        for name, column in self.columns.items():
            if isinstance(column, Pictures | EncodedPictures):
                taken = column.take(rows, readable)
                batch.arrays[name] = taken.records
                batch.rejects += taken.rejects
                batch.remarks |= taken.remarks
                batch.colour |= taken.colour
        batch.indices = rows[readable]
        batch.arrays = {
            name: _kept(batch.arrays[name], readable)
            if isinstance(column, Pictures | EncodedPictures)
            else column.take(batch.indices)
            for name, column in self.columns.items()
        }
        if self.hashed:
            batch.hashes = record_hashes(batch.arrays, len(batch.indices))
        return batch


def new_batches(
    part: Part, size: Resize | None, rows: Rows, *, encoding: Encoding | None = None
) -> Batches:
    """Return the batches whose images have this size, or that of the first image of `rows`.

    Args:
        part: the images, and the other fields.
        size: what every image is scaled to, or None.
        rows: numbers of records, (N,), of which the first that can be read is decoded for its size.
        encoding: how images are stored, if not as pixels; then each may have its own size.

    Raises: DataError if, without `size`, no image can be read.
    """
    columns: dict[str, Column] = {}
    if part.images is not None and encoding is not None:
        columns[DATA] = EncodedPictures(part.images, encoding, size)
    elif part.images is not None:
        columns[DATA] = _pictures(Pictures.of_images(part.images, size, rows), rows)
    columns |= part.values
    if part.masks is not None:
        columns[LABEL] = _pictures(Pictures.of_masks(part.masks, size, rows), rows)
    return Batches(columns, part)


def check_one_size(parts: Sequence[Batches]) -> None:
    """Refuse tables whose images have different sizes.

    Raises: DataError naming two images.
    """
    pictures = [part.columns[DATA] for part in parts if DATA in part.columns]
    known = [one for one in pictures if isinstance(one, Pictures)]
    for other in known[1:]:
        if other.shape != known[0].shape:
            raise two_sizes(known[0].like, known[0].shape, other.like, other.shape)


def unreadable(rejects: Sequence[Reject], total: int) -> DataError:
    """Return the error for records that cannot be read, of `total`."""
    if len(rejects) == 1:
        return DataError(
            f"{rejects[0].why}; repair or remove it, or leave it out with --on-error skip. "
            "Nothing was written"
        )
    lines = [reject.why for reject in rejects[:_LISTED]]
    if len(rejects) > _LISTED:
        lines.append(f"and {len(rejects) - _LISTED} more")
    listed = "\n  ".join(lines)
    return DataError(
        f"{len(rejects)} of {total} records cannot be read; repair or remove them, or leave them "
        f"out with --on-error skip. Nothing was written\n  {listed}"
    )


def _pictures(found: Pictures | list[Reject], rows: Rows) -> Pictures:
    if isinstance(found, list):
        raise unreadable(found, len(rows))
    return found


def _kept(records: Records, readable: Array) -> Records:
    if readable.all():
        return records
    return records.some(readable) if isinstance(records, EncodedImages) else records[readable]


def record_hashes(arrays: Mapping[str, Records], count: int) -> Array:
    """Return a hash of each record, all fields but the label together, (count,) uint64."""
    states = [hashlib.blake2b(digest_size=8) for _ in range(count)]
    for name, records in arrays.items():
        if name != LABEL:
            for state, content in zip(states, pieces(records, count), strict=True):
                state.update(content)
    return np.array([int.from_bytes(state.digest(), "little") for state in states], np.uint64)
