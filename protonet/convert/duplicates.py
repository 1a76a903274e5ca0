"""Records that stand in two tables: a test on them would flatter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from protonet.convert.batches import Batch
from protonet.convert.source import Part
from protonet.data.layout import Array


@dataclass
class _Seen:
    """The records of a table."""

    table: str
    part: Part
    hashes: list[Array] = field(default_factory=list)
    rows: list[Array] = field(default_factory=list)


@dataclass
class Duplicates:
    """Compares the records of all tables, by their hashes."""

    tables: list[_Seen] = field(default_factory=list)

    def begin(self, table: str, part: Part) -> None:
        """Begin a table."""
        self.tables.append(_Seen(table, part))

    def add(self, batch: Batch) -> None:
        """Take records of the table that was begun last."""
        if batch.hashes is not None:
            self.tables[-1].hashes.append(batch.hashes)
            self.tables[-1].rows.append(batch.indices)

    def notes(self) -> Iterator[str]:
        """Yield a sentence for each two tables that have records in common."""
        for number, later in enumerate(self.tables):
            for earlier in self.tables[:number]:
                yield from _common(earlier, later)


def _common(first: _Seen, second: _Seen) -> Iterator[str]:
    if not (first.hashes and second.hashes):
        return
    known, found = np.concatenate(first.hashes), np.concatenate(second.hashes)
    twice = np.flatnonzero(np.isin(found, known))
    if not twice.size:
        return
    record = int(twice[0])
    other = int(np.flatnonzero(known == found[record])[0])
    here = second.part.name(int(np.concatenate(second.rows)[record]))
    there = first.part.name(int(np.concatenate(first.rows)[other]))
    yield (
        f"{twice.size} of the {len(found)} records of {second.table} are in {first.table} too, "
        f"which flatters what is measured on them: {here} is {there}"
    )
