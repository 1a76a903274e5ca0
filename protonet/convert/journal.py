"""The journal of a conversion: what is stored already, so that one that was killed can be gone on
with.

Lines of JSON in a file beside the records, in the hidden folder that both are written to:

    {"options": "…", "source": "…", …}                              what was asked for, and of what
    {"table": "train", "start": 0, "count": 5, "stamp": "…", …}     a batch that is stored
    {"table": "train", "start": 5, "count": 5, "stamp": "…", …}

A line is written when its records are. A later line on the same records of a table takes the place
of the earlier one and of all behind it. The end of a line that was cut short is no line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from protonet.data.place import disk_errors
from protonet.records import Record, Size, Text

NAME = "journal"
"""Name of the file."""


class Entry(Record):
    """A batch whose records are stored."""

    table: str
    """Name of the table, "" for the only one."""
    start: Size
    """How many records of the table were looked at before."""
    count: Size
    """How many records the batch looked at."""
    stamp: Text
    """What tells whether their images are still the same."""
    left_out: tuple[Size, ...] = ()
    """Places, from `start`, of those that could not be read."""
    rejects: tuple[tuple[str, str], ...] = ()
    """Name and reason of those."""
    colour: bool = False
    """Whether some image has colour."""
    remarks: tuple[tuple[int, str], ...] = ()
    """Record, and what was amiss with its image."""
    encoded: dict[str, tuple[tuple[int, tuple[int, ...]], ...]] = {}
    """Bytes and shape of each image, by field, where they are stored encoded."""
    checksums: dict[str, tuple[int, tuple[int, ...]]] = {}
    """By column the first chunk that the batch completed, and the checksums from there on."""
    offsets: dict[str, tuple[Size, ...]] = {}
    """By column where these chunks begin in the file, of a format that tells so only at the end."""


@dataclass
class Stored:
    """What a journal says of a table.

    Attributes:
        entries: its batches, one after the other.
        checksums: of the chunks of each column, by their numbers.
        offsets: where those begin in the file, likewise, of a format that tells so only at the end.
    """

    entries: list[Entry] = field(default_factory=list)
    checksums: dict[str, dict[int, int]] = field(default_factory=dict)
    offsets: dict[str, dict[int, int]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of records that were looked at."""
        return sum(entry.count for entry in self.entries)

    def add(self, entry: Entry) -> None:
        """Take a line."""
        while self.entries and self.entries[-1].start >= entry.start:
            self.entries.pop()
        self.entries.append(entry)
        for name, (first, sums) in entry.checksums.items():
            self.checksums.setdefault(name, {}).update(enumerate(sums, first))
            offsets = entry.offsets.get(name, ())
            self.offsets.setdefault(name, {}).update(enumerate(offsets, first))

    def sums(self, column: str) -> list[int]:
        """Return the checksums of a column's chunks, up to the first that is not stored."""
        known = self.checksums.get(column, {})
        chunks = next(number for number in range(len(known) + 1) if number not in known)
        return [known[number] for number in range(chunks)]


class Journal:
    """A journal that is written; `begin` makes one, `go_on` adds to one.

    Args:
        path: the file.
        flags: of `os.open`.

    Raises: StorageError if the disk refuses, here and from `add`.
    """

    def __init__(self, path: Path, flags: int) -> None:
        self._path = path
        with disk_errors(path):
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | flags, 0o666)

    @classmethod
    def begin(cls, path: Path, head: Mapping[str, str]) -> Self:
        """Begin a journal with what was asked for."""
        journal = cls(path, os.O_CREAT | os.O_EXCL)
        journal._write(json.dumps(dict(head)))
        return journal

    @classmethod
    def go_on(cls, path: Path) -> Self:
        """Go on with a journal behind its last whole line."""
        journal = cls(path, 0)
        with disk_errors(path):
            os.ftruncate(journal._file, path.read_bytes().rfind(b"\n") + 1)
        return journal

    def add(self, entry: Entry) -> None:
        """Write that a batch is stored."""
        self._write(entry.model_dump_json(exclude_defaults=True))

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _write(self, line: str) -> None:
        with disk_errors(self._path):
            os.write(self._file, f"{line}\n".encode())


def read_journal(path: Path) -> tuple[dict[str, str], dict[str, Stored]] | None:
    """Return what was asked for, and what is stored of each table; None where there is no journal
    that can be read."""
    try:
        first, *lines = path.read_bytes().split(b"\n")[:-1]
        head = {str(name): str(value) for name, value in json.loads(first).items()}
        tables: dict[str, Stored] = {}
        for line in lines:
            entry = Entry.model_validate_json(line)
            tables.setdefault(entry.table, Stored()).add(entry)
    except (OSError, ValueError, AttributeError, ValidationError):
        return None
    return head, tables
