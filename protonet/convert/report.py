"""What a conversion made, for the person who asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from protonet.convert.batches import Batch
from protonet.convert.source import Images
from protonet.data.header import Header

_SHOWN = 3


@dataclass(frozen=True)
class TableReport:
    """One table that was made.

    Args:
        address: what a source names to read it, `out.lmdb` or `out.lmdb/train`.
        name: the table's own name; None for the only one.
        header: the table's description of itself.
    """

    address: str
    name: str | None
    header: Header


@dataclass(frozen=True)
class Report:
    """A finished conversion.

    Args:
        path: the dataset.
        tables: what it holds.
        notes: what a person should know, a sentence each.
        seconds: how long it took.
    """

    path: Path
    tables: tuple[TableReport, ...]
    notes: tuple[str, ...]
    seconds: float

    @property
    def count(self) -> int:
        """Number of records in all tables."""
        return sum(table.header.count for table in self.tables)


@dataclass
class Findings:
    """What is learnt about the images while they pass."""

    images: Images
    colour: bool = False
    remarks: dict[int, str] = field(default_factory=dict)

    def add(self, batch: Batch) -> None:
        """Learn from a batch."""
        self.colour |= batch.colour
        self.remarks.update(batch.remarks)

    def notes(self) -> tuple[str, ...]:
        """Return what is worth saying, a sentence each."""
        notes = []
        if self.remarks:
            named = [
                f"{self.images.name(index)} ({why})" for index, why in sorted(self.remarks.items())
            ]
            notes.append(f"damaged, yet readable: {_some(named)}")
        if not self.colour and self.images.channels != "gray":
            notes.append("every image is grey; with --gray a record takes a third of the space")
        return tuple(notes)


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more
