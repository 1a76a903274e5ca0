"""A summary as a table for people, and as plain data for programs."""

from __future__ import annotations

from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from protonet.look.memory import Part
from protonet.look.numbers import readable, readable_bytes
from protonet.look.summary import Row, Summary, Top
from protonet.look.table import table
from protonet.net.axes import shown

_HEAD = ("layer", "type", "blob", "shape", "parameters", "multiply-adds", "memory")
_RIGHT = frozenset({4, 5, 6})
_CUT = MappingProxyType({2: 0, 0: 16, 1: 6})
"""Where there is little room the names of blobs go first, then the middle of long names."""


def summary_lines(summary: Summary, width: int | None = None) -> list[str]:
    """Return a summary as lines no longer than `width`, as far as numbers allow; None: uncut."""
    rows = [_HEAD, *(cells for row in summary.layers for cells in _cells(row))]
    lines = table(rows, right=_RIGHT, cut=_CUT, width=width)
    rule = "─" * max(map(len, lines))
    return [
        f"{summary.name}, phase {summary.phase}{_sizes(summary)}",
        "",
        lines[0],
        rule,
        *lines[1:],
        rule,
        *_totals(summary),
        *(line for phase, parts in summary.memory.items() for line in _memory(phase, parts)),
    ]


def summary_data(summary: Summary) -> dict[str, Any]:
    """Return a summary as plain data, numbers exact, memory in bytes."""
    data = asdict(summary)
    for phase, parts in summary.memory.items():
        data["memory"][phase] = {part.name: part.bytes for part in parts}
        data["memory"][phase]["total"] = sum(part.bytes for part in parts)
    return data


def _sizes(summary: Summary) -> str:
    return "".join(f", {name} = {size}" for name, size in summary.sizes.items())


def _cells(row: Row) -> list[tuple[str, ...]]:
    """Return a row for the layer with its first top, and one for each other top."""
    tops = [_top(row, top) for top in row.tops] or [("", "")]
    first = (
        row.name,
        row.type,
        *tops[0],
        f"as {row.shared_with}" if row.shared_with else _count(row.parameters + row.statistics),
        _count(row.multiply_adds),
        readable_bytes(row.activation_bytes) if row.activation_bytes else "",
    )
    return [first, *(("", "", *top, "", "", "") for top in tops[1:])]


def _top(row: Row, top: Top) -> tuple[str, str]:
    """Return the name of a blob, where it is not that of the layer, and its shape."""
    return "" if top.blob == row.name else top.blob, shown(top.axes)


def _count(number: int) -> str:
    return readable(number) if number else ""


def _totals(summary: Summary) -> list[str]:
    totals = summary.totals
    frozen = totals.parameters - totals.trained
    notes = [f"{totals.parameters:,}"]
    notes += [f"{frozen:,} of them frozen"] if frozen else []
    notes += [f"and {totals.statistics:,} statistics"] if totals.statistics else []
    per = "per sample" if summary.per_sample else "for the batch that the inputs have"
    return [
        f"parameters     {readable(totals.parameters)} ({', '.join(notes)})",
        f"multiply-adds  {readable(totals.multiply_adds)} {per} ({totals.multiply_adds:,})",
    ]


def _memory(phase: str, parts: tuple[Part, ...]) -> list[str]:
    total = sum(part.bytes for part in parts)
    return [
        "",
        f"memory to {phase}: {readable_bytes(total)}, without the work space of kernels",
        *(f"  {part.name:<12}{readable_bytes(part.bytes):>8}  {part.why}" for part in parts),
    ]
