"""What tells the journal of a conversion of each batch that is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from protonet.convert.batches import Batch
from protonet.convert.earlier import Earlier
from protonet.convert.encoded_pictures import EncodedPictures
from protonet.convert.journal import Entry, Journal
from protonet.convert.pictures import Pictures
from protonet.data.encoded_images import EncodedImages

Offset = Callable[[str, int], int]
"""Where a chunk of a column, by the column's name in the file, begins there, in bytes."""

Sums = tuple[int, tuple[int, ...]]
"""Number of a chunk, and the checksums from there on."""


class Recorder:
    """Tells the journal of each batch that was written.

    Args:
        journal: it.
        known: what it says of the table already.
        checksums: of the chunks of each column that are stored, as they grow; of a format that has
            none, nothing.
        offset: where chunks begin, of a format that tells so only at the end; else None.
    """

    def __init__(
        self,
        journal: Journal,
        known: Earlier,
        checksums: Mapping[str, Sequence[int]],
        offset: Offset | None = None,
    ) -> None:
        self._journal, self._plan, self._sums = journal, known.plan, checksums
        self._offset, self._known = offset, known.count > 0
        self._start = known.count
        columns = known.plan.batches.columns
        images = [n for n, one in columns.items() if isinstance(one, Pictures | EncodedPictures)]
        self._told = {
            name: known.images[name].column.chunks if name in known.images else 0
            for name in images
            if name in checksums
        }

    def add_known(self, batch: Batch) -> None:
        """Tell that a batch of an earlier run was written, unless the journal knows it from then.

        Raises: StorageError if the disk refuses.
        """
        if not self._known:
            self.add(batch)

    def add(self, batch: Batch) -> None:
        """Tell that a batch was written.

        Raises: StorageError if the disk refuses.
        """
        rows = self._plan.rows[self._start : self._start + batch.count]
        left_out = np.flatnonzero(~np.isin(rows, batch.indices)) if batch.rejects else ()
        checksums = dict(self._checksums())
        entry = Entry(
            table=self._plan.name or "",
            start=self._start,
            count=batch.count,
            stamp=batch.stamp,
            left_out=tuple(map(int, left_out)),
            rejects=tuple((one.name, one.why) for one in batch.rejects),
            colour=batch.colour,
            remarks=tuple(batch.remarks.items()),
            encoded={name: _sizes(one) for name, one in batch.arrays.items()
                     if isinstance(one, EncodedImages)},
            checksums=checksums,
            offsets=dict(self._offsets(checksums)),
        )  # fmt: skip
        self._journal.add(entry)
        self._start += batch.count

    def _offsets(self, checksums: Mapping[str, Sums]) -> Iterator[tuple[str, tuple[int, ...]]]:
        prefix = f"{self._plan.name}/" if self._plan.name else ""
        if self._offset is not None:
            for name, (first, sums) in checksums.items():
                chunks = range(first, first + len(sums))
                yield name, tuple(self._offset(prefix + name, chunk) for chunk in chunks)

    def _checksums(self) -> Iterator[tuple[str, Sums]]:
        for name, told in self._told.items():
            sums = self._sums[name]
            if len(sums) > told:
                yield name, (told, tuple(sums[told:]))
                self._told[name] = len(sums)


def _sizes(images: EncodedImages) -> tuple[tuple[int, tuple[int, ...]], ...]:
    pairs = zip(images.data, images.shapes, strict=True)
    return tuple((len(data), tuple(shape)) for data, shape in pairs)
