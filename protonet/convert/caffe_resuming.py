"""Going on with databases of Caffe's that were killed, each in a hidden folder of its own.

A transaction of LMDB holds a batch, and the journal beside the database tells of it, as for
`protonet.convert.resuming`: images that are stored are read back out of their Datums. Those that
were stored but not told of are written again, under the same keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from protonet.convert.datum import is_turned
from protonet.convert.datum_database import Datums
from protonet.convert.earlier import Earlier
from protonet.convert.encoded_pictures import EncodedPictures
from protonet.convert.heads import NO_IMAGES, NOTHING, began_again, difference, went_on
from protonet.convert.journal import NAME, Entry, Journal, read_journal
from protonet.convert.pictures import Pictures
from protonet.convert.plan import Plan
from protonet.convert.source import DATA
from protonet.data.layout import Array, Column, Rows, new_columns
from protonet.data.lmdb_pages import PageError, places
from protonet.data.mapped import map_file
from protonet.errors import DataError

_FILE = "data.mdb"


@dataclass
class CaffeResumption:
    """What becomes of what an earlier run left of each table, and what is known of it then.

    Args:
        plans: the tables to be written.
        head: what this run must have in common with the earlier one.
        refused: why nothing is gone on with, whatever is there; None where it may be.

    Attributes:
        tables: what is stored of each table that was begun, by name.
        notes: what a person should know, a sentence each.
    """

    plans: Sequence[Plan]
    head: Mapping[str, str]
    refused: str | None = None
    tables: dict[str | None, Earlier] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def adopt(self, name: str | None, where: str, folder: Path) -> bool:
        """Tell whether to go on with what lies in a folder; see `protonet.data.place.appearing`.

        Args:
            name: of the table.
            where: the database's path, for messages.
            folder: what was left.
        """
        why = self.refused or self._read(name, where, folder)
        if why is None:
            known = self.earlier(name)
            self.notes.append(went_on(known.count, len(known.plan.rows)))
            return True
        self.tables.pop(name, None)
        self.notes.append(began_again(why, folder))
        return False

    def earlier(self, name: str | None) -> Earlier:
        """Return what is stored of a table."""
        plan = next(one for one in self.plans if one.name == name)
        return self.tables.get(name) or Earlier(plan, (), {})

    def kept(self, name: str | None) -> int:
        """Return how many records of a table are stored and stay."""
        known = self.tables.get(name)
        return sum(map(_records, known.entries)) if known else 0

    def stored_bytes(self) -> int:
        """Return the size of what is known to be stored before a table is begun: nothing."""
        return 0

    def journal(self, name: str | None, folder: Path) -> Journal:
        """Return the journal of a table in its folder.

        Raises: StorageError if the disk refuses.
        """
        if name in self.tables:
            return Journal.go_on(folder / NAME)
        return Journal.begin(folder / NAME, self.head)

    def _read(self, name: str | None, where: str, folder: Path) -> str | None:
        """Read what an earlier run stored; return why it is of no use, if it is of none."""
        found = read_journal(folder / NAME)
        if found is None:
            return NOTHING
        head, stored = found
        if other := difference(self.head, head):
            return other
        plan, told = self.earlier(name).plan, stored.get(name or "")
        if not told or not isinstance(plan.batches.columns.get(DATA), Pictures | EncodedPictures):
            return NO_IMAGES
        try:
            known = _earlier(plan, told.entries, folder / _FILE, where)
        except DataError as error:
            return f"what it stored cannot be read: {error}"
        if not known.count:
            return NO_IMAGES
        self.tables[name] = known
        return known.changed()


class StoredDatums:
    """The images of a database's first records, as they were before they became Datums.

    Args:
        records: the database's.
        column: what was given: pixels, (C, H, W) each, or bytes of files one after the other.
        turned: whether the order of the channels was turned around.
        ends: where each file ends among the bytes, (N,).
    """

    def __init__(self, records: Datums, column: Column, turned: bool, ends: Rows) -> None:
        self._records, self.column, self._turned, self._ends = records, column, turned, ends

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy pixels of records to `out`, (N, C, H, W).

        Raises: DataError if one is damaged.
        """
        for place, row in enumerate(rows.tolist()):
            array = self._records.read(row).array
            if array is None or array.size != out[place].size:
                raise self._damaged(row)
            out[place] = array.reshape(out.shape[1:])[:: -1 if self._turned else 1]

    def span(self, start: int, stop: int) -> Array:
        """Return the bytes of the files from `start` to `stop`, which are ends of files.

        Raises: DataError if one is damaged.
        """
        first, last = np.searchsorted(self._ends, [start, stop], "right").tolist()
        pieces = []
        for row in range(first, last):
            data = self._records.read(row).encoded
            size = self._ends[row] - (self._ends[row - 1] if row else 0)
            if data is None or len(data) != size:
                raise self._damaged(row)
            pieces.append(data)
        return np.frombuffer(b"".join(pieces), np.uint8)

    def _damaged(self, row: int) -> DataError:
        return DataError(
            f"{self._records.name(row)}: is not what an earlier run stored; begin again with "
            "--restart"
        )


def _earlier(plan: Plan, told: Sequence[Entry], file: Path, where: str) -> Earlier:
    """Return the batches of a table that are told of and stored.

    Raises: DataError if the database cannot be read.
    """
    mapped = map_file(file, where)
    try:
        records = Datums(where, mapped, *places(mapped.data))
    except PageError as error:
        raise DataError(f"{where}: {_FILE} cannot be read: {error}") from error
    entries = list(_whole(told, len(records)))
    sizes = [size for entry in entries for size, _ in entry.encoded.get(DATA, ())]
    ends = np.cumsum(sizes, dtype=np.int64)
    spec = next(one for one in plan.batches.fields if one.name == DATA)
    column = new_columns(spec, where)[0]
    count = int(ends[-1]) if sizes else sum(map(_records, entries))
    turned = is_turned(plan.batches.channels, column.shape)
    images = StoredDatums(records, replace(column, count=count), turned, ends)
    return Earlier(plan, entries, {DATA: images})


def _whole(told: Sequence[Entry], stored: int) -> Iterator[Entry]:
    """Yield the batches in a row all of whose records are stored."""
    start = used = 0
    for entry in told:
        used += _records(entry)
        if entry.start != start or used > stored:
            return
        start += entry.count
        yield entry


def _records(entry: Entry) -> int:
    """Return the number of records that a batch stored."""
    return entry.count - len(entry.left_out)
