"""A check of gradients as a table for people, and as plain data for programs."""

from __future__ import annotations

import math
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from protonet.debug.gradcheck_report import EVERYWHERE, Report, Row, Worst
from protonet.look.table import table

_HEAD = ("layer", "type", "gradient of", "compared", "at", "analytic", "numeric", "error", "")
_RIGHT = frozenset({5, 6, 7})
_CUT = MappingProxyType({1: 0, 8: 12, 0: 12, 2: 12})
"""Where there is little room types go first, then the ends of notes and the middle of names."""
_WHOLE = "the net"


def report_lines(report: Report, width: int | None = None) -> list[str]:
    """Return a check as lines no longer than `width`, as far as numbers allow; None: uncut."""
    rows = [*report.layers, *(report.whole or ())]
    lines = table([_HEAD, *map(_cells, rows)], right=_RIGHT, cut=_CUT, width=width)
    rule = "─" * max(map(len, lines))
    count = len(report.layers)
    parts = [lines[1 : count + 1], lines[count + 1 :]]
    sizes = "".join(f", {name} = {size}" for name, size in report.sizes.items())
    options = report.options
    return [
        f"{report.name}, phase {report.phase}{sizes}, float64, epsilon {options.epsilon:g}",
        "",
        lines[0],
        *(line for part in parts if part for line in (rule, *part)),
        rule,
        *(f"{name} has no gradient: {why}" for name, why in report.skipped.items()),
        _end(report),
    ]


def fault_lines(report: Report) -> list[str]:
    """Return what is wrong, a line for each tensor."""
    faults = [f"layer {one.layer} ({one.type}): {one.why}" for one in report.faults]
    return [*faults, *map(_told, report.wrong)]


def report_data(report: Report) -> dict[str, Any]:
    """Return a check as plain data; what is no finite number is null."""
    return {
        "name": report.name,
        "phase": report.phase,
        "sizes": dict(report.sizes),
        "objective": report.objective,
        "options": asdict(report.options),
        "right": report.is_right,
        "layers": [_row_data(row) for row in report.layers],
        "net": None if report.whole is None else [_row_data(row) for row in report.whole],
        "skipped": dict(report.skipped),
        "faults": [asdict(fault) for fault in report.faults],
    }


def _cells(row: Row) -> tuple[str, ...]:
    what = f"bottom {row.name}" if row.role == "bottom" and row.layer else row.name
    head = (row.layer or _WHOLE, row.type, what, _compared(row))
    note = f"{row.verdict}: {row.note}" if row.note else row.verdict
    if row.worst is None:
        return (*head, "", "", "", "", note)
    slope = row.worst.slope
    numbers = (f"{slope.analytic:.6g}", f"{slope.numeric:.6g}", f"{slope.error:.1e}")
    return (*head, _element(row.worst), *numbers, note)


def _compared(row: Row) -> str:
    kinks = f", {row.kinks:,} at kinks" if row.kinks else ""
    if row.verdict in ("cut", "held"):
        return "none"
    if row.compared == row.elements:
        return f"all {row.elements:,}"
    return f"{row.compared:,} of {row.elements:,}{kinks}"


def _element(worst: Worst) -> str:
    return EVERYWHERE if isinstance(worst.element, str) else str([*worst.element])


def _told(row: Row) -> str:
    if row.worst is None:
        raise AssertionError("a row is wrong only by what was compared")
    slope = row.worst.slope
    of = f"the bottom {row.name}" if row.role == "bottom" else row.name
    whose = f"layer {row.layer} ({row.type})" if row.layer else "the whole net"
    at = "along all of it" if row.worst.element == EVERYWHERE else f"at {_element(row.worst)}"
    note = f" ({row.note})" if row.note else ""
    return (
        f"{whose}: the gradient of {of} is wrong {at}: {slope.analytic:.6g}, and differences "
        f"say {slope.numeric:.6g}{note}"
    )


def _end(report: Report) -> str:
    rows = [*report.layers, *(report.whole or ())]
    errors = [row.worst.slope.error for row in rows if row.worst and row.verdict == "right"]
    kinks = sum(row.kinks for row in rows)
    passed = f"; {kinks:,} at kinks passed over" if kinks else ""
    of = f", of {report.objective} for the net" if report.objective else ""
    if not report.is_right:
        wrong = len(report.wrong) + len(report.faults)
        return f"{wrong} wrong of {len(rows) + len(report.faults)} gradients{of}{passed}"
    largest = f"{max(errors):.1e}" if errors else "none"
    plural = "" if len(rows) == 1 else "s"
    return (
        f"{len(rows)} gradient{plural}{of}: largest relative error {largest}, "
        f"{report.options.tolerance:g} allowed{passed}"
    )


def _row_data(row: Row) -> dict[str, Any]:
    data = asdict(row)
    if row.worst is not None:
        slope = row.worst.slope._asdict()
        numbers = {name: _finite(value) for name, value in slope.items() if name != "verdict"}
        data["worst"] = {"element": row.worst.element, **numbers}
    return data


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
