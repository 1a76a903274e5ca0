"""What a test came to as people read it: a table for what has rows and columns, a line per set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from protonet.evaluate import Score, line

_MOST_CLASSES = 20
"""Rows and columns that a terminal has room for."""
_MOST_MISTAKES = 10
"""Of a larger table, so many of its largest numbers beside the diagonal are shown."""

Names = Sequence[str] | None


def report(
    scores: Mapping[str, Mapping[str, Score]], names: Mapping[str, Names] | None = None
) -> list[str]:
    """Return the tables, and below them a line per set, which are the last lines of a run.

    Args:
        scores: of each set, by blob.
        names: of the classes of each set; left out: they have numbers.
    """
    named = names or {}
    tables = [
        text
        for key, measured in scores.items()
        for blob, score in measured.items()
        if score.is_table
        for text in table(f"{key}: {blob}", score, named.get(key))
    ]
    return [*tables, *(line(key, measured) for key, measured in scores.items())]


def table(title: str, score: Score, names: Names) -> list[str]:
    """Return the lines of a table, or the largest numbers beside its diagonal where it is large.

    Args:
        title: what stands before the meaning of rows and columns.
        score: whose value has rows and columns.
        names: of the classes; they are shown where there are as many as rows and columns.
    """
    rows: Any = score.value
    if len(rows) > _MOST_CLASSES or len(rows[0]) > _MOST_CLASSES:
        return _mistakes(title, score, names)
    down, across = _named(names, len(rows)), _named(names, len(rows[0]))
    cells = [
        ["", *across],
        *([name, *map(_number, row)] for name, row in zip(down, rows, strict=True)),
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    head = f"{title}, a row per {score.axes[0]} class, a column per {score.axes[1]} one"
    return [head, *(_line(row, widths) for row in cells)]


def _mistakes(title: str, score: Score, names: Names) -> list[str]:
    rows: Any = score.value
    down, across = _named(names, len(rows)), _named(names, len(rows[0]))
    places = [
        (-number, row, column)
        for row, numbers in enumerate(rows)
        for column, number in enumerate(numbers)
        if row != column and number
    ]
    shown = sorted(places)[:_MOST_MISTAKES]
    size = f"{len(rows)} x {len(rows[0])}"
    head = f"{title}, {size}, the largest beside the diagonal ({score.axes[0]} → {score.axes[1]})"
    return [
        head if shown else f"{title}, {size}, nothing beside the diagonal",
        *(f"  {_number(-least)}  {down[row]} → {across[column]}" for least, row, column in shown),
    ]


def _named(names: Names, count: int) -> Sequence[str]:
    fits = names is not None and len(names) == count
    return names if names is not None and fits else [str(place) for place in range(count)]


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.4f}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers = row
    cells = [number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True)]
    return "  ".join([f"  {name.ljust(widths[0])}", *cells])
