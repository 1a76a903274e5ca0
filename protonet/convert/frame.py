"""A table as it was read: rows of cells, under the names of their columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protonet.convert.source import Images, Reject

Cell = object
"""A text, a number, a truth value, a list of numbers, or None where nothing stands."""

MISSING = frozenset(("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"))
"""Texts that say that a value is missing."""


@dataclass(frozen=True)
class Frame:
    """One table.

    Args:
        where: the file, as messages call it.
        columns: the cells by the name of their column, each with as many.
        lines: the line, or the number, of each row in the file; of several files, what messages
            call it.
        table: name of the table that it becomes; None for the only one.
        rejects: rows that are none, and are not among the cells.
        images: of each row, beside the cells; None where there are none.
        folder: where relative paths in the cells start.
    """

    where: str
    columns: dict[str, list[Cell]]
    lines: Sequence[int] | Sequence[str]
    table: str | None = None
    rejects: tuple[Reject, ...] = ()
    images: Images | None = None
    folder: str = ""

    def place(self, row: int) -> str:
        """Return what messages call a row: the file and the line."""
        line = self.lines[row]
        return line if isinstance(line, str) else f"{self.where}:{line}"


def is_missing(cell: Cell) -> bool:
    """Tell whether nothing stands in a cell."""
    if isinstance(cell, float):
        return cell != cell
    return cell is None or (isinstance(cell, str) and cell.strip() in MISSING)
