"""Tables in memory and on disk, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from protonet.convert.frame import Cell, Frame
from protonet.convert.options import ConvertOptions, TableOptions
from protonet.convert.source import Held, Part
from protonet.convert.tabulate import tabulate
from protonet.data.layout import Array


def frame(columns: Mapping[str, list[Cell]], table: str | None = None) -> Frame:
    """Return a table of these columns, read from a.csv, whose first row is line 2."""
    count = len(next(iter(columns.values())))
    return Frame("a.csv", dict(columns), range(2, 2 + count), table)


def part_of(columns: Mapping[str, list[Cell]], **options: object) -> Part:
    """Return what a single table becomes."""
    table = TableOptions(**options)  # type: ignore[arg-type]  # the tests' own options
    (part,) = tabulate([frame(columns)], ConvertOptions(table=table))
    return part


def held(part: Part, name: str) -> Array:
    """Return a field that lies in memory."""
    values = part.values[name]
    assert isinstance(values, Held)
    return values.array


def written(path: Path, text: str | bytes) -> Path:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
