"""A replayed step as a table for people, and as plain data for programs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from protonet.look.table import table
from protonet.net.axes import shown
from protonet.run.replaying import Outcome, Replayed, together
from protonet.run.values import Values

_HEAD = ("layer", "type", "top", "shape", "min", "max", "mean", "nan", "inf")
_RIGHT = frozenset({4, 5, 6, 7, 8})
_CUT = MappingProxyType({1: 0, 3: 0, 0: 12, 2: 12})
"""Where there is little room types go first, then shapes and the middle of names."""


def replay_lines(outcome: Outcome, width: int | None = None) -> list[str]:
    """Return what came of a replay as lines no longer than `width`, as far as numbers allow."""
    facts, own = outcome.replay.facts, outcome.own
    machine = facts.machine
    rows = [_HEAD, *_rows(own)]
    gradients = [("", *_HEAD[3:]), *_gradients(own)]
    lines = [
        f"{outcome.name}, iteration {facts.iteration}, {own.precision}: trained on "
        f"{machine.device}, repeated on the CPU",
        *_other_numbers(outcome),
        "",
        *table(rows, right=_RIGHT, cut=_CUT, width=width),
        "",
        "gradients, in the order in which they arrive on the way back",
        *table(gradients, right=frozenset({2, 3, 4, 5, 6}), cut={1: 0, 0: 12}, width=width),
        "",
        *_totals(outcome),
    ]
    return [
        *lines,
        f"then: {facts.what}",
        f"now: {own.told or 'all is finite'}",
        *_verdict(outcome),
    ]


def replay_data(outcome: Outcome) -> dict[str, Any]:
    """Return what came of a replay as plain data; what is no finite number is null."""
    facts = outcome.replay.facts
    return {
        "name": outcome.name,
        "iteration": facts.iteration,
        "seed": facts.seed,
        "lr": facts.lr,
        "machine": facts.machine.model_dump(),
        "records": [list(rows) for rows in facts.rows],
        "then": facts.what,
        "reproduced": outcome.own.is_reproduced,
        "step": _step(outcome.own),
        "float32": None if outcome.plain is None else _step(outcome.plain),
    }


def _step(replayed: Replayed) -> dict[str, Any]:
    seen = replayed.seen
    return {
        "precision": replayed.precision,
        "fault": replayed.told or None,
        "loss": _number(seen.loss),
        "gradient_norm": _number(seen.norm),
        "inputs": {name: asdict(values) for name, values in seen.inputs.items()},
        "layers": [asdict(one) for one in seen.given],
        "gradients": {name: asdict(values) for name, values in seen.gradients.items()},
        "update": {name: asdict(change) for name, change in replayed.changes.items()} or None,
    }


def _other_numbers(outcome: Outcome) -> list[str]:
    device = outcome.replay.facts.machine.device
    if device == "cpu":
        return []
    return [f"what a layer draws at random (Dropout) is drawn otherwise than on {device}"]


def _rows(replayed: Replayed) -> Iterator[tuple[str, ...]]:
    for name, values in replayed.seen.inputs.items():
        yield ("", "input", name, *_cells(values))
    for one in replayed.seen.given:
        yield (one.layer, one.type, one.top, *_cells(one.values))


def _gradients(replayed: Replayed) -> Iterator[tuple[str, ...]]:
    for name, values in replayed.seen.gradients.items():
        yield (name, *_cells(values))


def _cells(values: Values) -> tuple[str, ...]:
    numbers = (values.least, values.most, values.mean)
    counts = (values.nan, values.infinite)
    return (
        shown(values.shape),
        *("-" if number is None else f"{number:.4g}" for number in numbers),
        *(f"{count:,}" if count else "" for count in counts),
    )


def _totals(outcome: Outcome) -> list[str]:
    facts, own = outcome.replay.facts, outcome.own
    seen = own.seen
    lines = [f"loss {seen.loss:.6g}  lr {facts.lr:.6g}  gradient norm {seen.norm:.6g}"]
    if not own.changes:
        return [*lines, "update: none is applied"]
    whole = together(own.changes)
    share = f" ({whole.change / whole.before:.3g} of it)" if whole.before else ""
    return [
        *lines,
        f"update: weights of norm {whole.before:.6g} change by {whole.change:.6g}{share}, one of "
        f"them by {whole.largest:.6g}",
    ]


def _verdict(outcome: Outcome) -> list[str]:
    lines = []
    if outcome.plain is not None:
        lines.append(f"in float32: {outcome.plain.told or 'all is finite'}")
    if outcome.own.is_reproduced:
        return [*lines, "reproduced"]
    machine = outcome.replay.facts.machine
    return [*lines, f"not reproduced on the CPU; it was computed on {machine.device} with torch "
            f"{machine.torch}"]  # fmt: skip


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
