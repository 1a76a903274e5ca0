"""What a conversion made, for the person who asked for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from protonet.convert.batches import Batch
from protonet.convert.source import LABEL, MOST_CLASSES, Part
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
        rejected: number of records that were left out.
        rejects: the report of them; None where nothing was.
    """

    path: Path
    tables: tuple[TableReport, ...]
    notes: tuple[str, ...]
    seconds: float
    rejected: int = 0
    rejects: Path | None = None

    @property
    def count(self) -> int:
        """Number of records in all tables."""
        return sum(table.header.count for table in self.tables)


@dataclass
class Findings:
    """What is learnt about the images of a part while they pass."""

    part: Part
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
                f"{self.part.name(index)} ({why})" for index, why in sorted(self.remarks.items())
            ]
            notes.append(f"damaged, yet readable: {_some(named)}")
        images = self.part.images
        if images is not None and not self.colour and images.channels != "gray":
            notes.append("every image is grey; with --gray a record takes a third of the space")
        return (*notes, *_no_classes(self.part))


def _no_classes(part: Part) -> Iterator[str]:
    """Say of whole numbers that they are no classes, for they may have been meant to be."""
    spec = part.values[LABEL].spec(LABEL) if LABEL in part.values else None
    if part.classes is None and spec and not spec.shape and np.dtype(spec.dtype).kind in "iu":
        low, high = int(part.labels.min()), int(part.labels.max())
        if low < 0 or high >= MOST_CLASSES:
            yield (
                f"the labels go from {low} to {high}: they are stored as numbers, for classes are "
                f"counted from 0 and below {MOST_CLASSES:,}"
            )


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more
