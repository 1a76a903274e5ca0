"""What a run that was killed left of an HDF5 file: chunks, and nothing that says where they lie.

HDF5 writes down where a file's chunks are when it is closed, so that such a file cannot be opened,
and is not gone on with. The journal knows where they are: they are read from there, and written to
a new file. Until that is complete both are there, so that this run too may be killed; of two files
that were left, the one that holds more is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protonet.convert.journal import NAME, Stored, read_journal
from protonet.data.layout import Array, Column
from protonet.data.mapped import MappedColumn, map_file
from protonet.errors import DataError

ASIDE, ASIDE_JOURNAL = "earlier.h5", f"earlier.{NAME}"
"""Names of a file that is only read from, and of its journal."""


def set_aside(folder: Path, file: Path) -> None:
    """Give what was left names that the next run does not write to.

    A journal is moved after its file, and removed before it, so that there is none whose file is
    another.

    Args:
        folder: where it lies, with what an earlier run may have set aside there.
        file: what was written to last; it need not be there.
    """
    journal, aside = folder / NAME, folder / ASIDE_JOURNAL
    if _count(journal) < _count(aside) or not file.exists():
        journal.unlink(missing_ok=True)
        file.unlink(missing_ok=True)
        return
    aside.unlink(missing_ok=True)
    file.replace(folder / ASIDE)
    if journal.exists():
        journal.replace(aside)


@dataclass(frozen=True)
class LeftFile:
    """A file that was set aside.

    Args:
        file: its bytes, (bytes,) uint8.
        stored: what the journal says of each table, by name, "" for the only one.
    """

    file: Array
    stored: Mapping[str, Stored]

    def column(self, name: str, column: Column, checksums: Array, where: str) -> MappedColumn:
        """Return a column's records; see `protonet.convert.earlier.OpenFile`.

        Raises: DataError if the journal does not say where a chunk is, or it lies outside the file.
        """
        table, _, field = name.rpartition("/")
        known = self.stored[table].offsets.get(field, {})
        missing = [chunk for chunk in range(column.chunks) if chunk not in known]
        if missing:
            raise DataError(f"{where}: the journal does not say where chunk {missing[0]} is")
        offsets = np.array([known[chunk] for chunk in range(column.chunks)], np.int64)
        return MappedColumn(column, self.file, offsets, checksums, where)


def left_file(folder: Path, stored: Mapping[str, Stored], where: str) -> LeftFile:
    """Return the file that was set aside in a folder.

    Args:
        folder: it.
        stored: what its journal says.
        where: the dataset's path, for messages.

    Raises: DataError if it cannot be read.
    """
    return LeftFile(map_file(folder / ASIDE, where), stored)


def _count(journal: Path) -> int:
    """Return the number of records that a journal tells of."""
    found = read_journal(journal)
    return 0 if found is None else sum(one.count for one in found[1].values())
