"""What a net costs, as a table for people and as plain data for programs."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

import torch

from protonet.debug.timing import Compiled, Spread, Timing, WholeTime
from protonet.look.table import table
from protonet.net import Net
from protonet.net.axes import shown

_HEAD = ("layer", "type", "shape", "forward", "backward", "share", "")
_RIGHT = frozenset({3, 4, 5})
_CUT = MappingProxyType({2: 0, 0: 16, 1: 6, 6: 0})
"""Where there is little room the shapes go first, then the middle of long names, then the bars."""
_BAR = 12
"""Characters of the longest layer's bar."""
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LONGEST = 3
"""Layers that are named once more below the table."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Whose times they are: a net, and what it computed with; no threads where that is a GPU."""

    name: str
    phase: str
    device: str
    threads: int | None
    layout: str
    precision: str

    @classmethod
    def of(cls, name: str, net: Net, threads: int, precision: str) -> Measured:
        """Return what is said of a net of this name."""
        layout = "channels_last" if net.memory_format is torch.channels_last else "contiguous"
        on_cpu = net.device.type == "cpu"
        return cls(name, net.phase, str(net.device), threads if on_cpu else None, layout, precision)


def timing_lines(what: Measured, timing: Timing, width: int | None = None) -> list[str]:
    """Return the times as lines no longer than `width`, as far as numbers allow; None: uncut."""
    rows = [_HEAD, *_layers(timing)]
    lines = table(rows, right=_RIGHT, cut=_CUT, width=width)
    rule = "─" * max(map(len, lines))
    return [
        _title(what, timing),
        f"medians of {timing.iterations} iterations, in ms{_why_forward(what, timing)}",
        "",
        lines[0],
        rule,
        *lines[1:],
        rule,
        *table(_totals(timing), right=frozenset({1, 2, 3})),
        *_longest(timing),
        *_compiled(timing.compiled),
        "",
        *_speeds(timing),
    ]


def timing_data(what: Measured, timing: Timing) -> dict[str, Any]:
    """Return the times as plain data: milliseconds, and samples per second by the medians."""
    data = {**asdict(what), **asdict(timing)}
    for layer, one in zip(data["layers"], timing.layers, strict=True):
        layer["share"] = timing.share(one)
    wholes = {"whole": timing.whole}
    if timing.compiled and timing.compiled.whole:
        wholes["compiled"] = timing.compiled.whole
    data["images_per_second"] = {
        name: {"forward": _rate(timing, one.forward), "both": _rate(timing, one.both)}
        for name, one in wholes.items()
    }
    return data


def _title(what: Measured, timing: Timing) -> str:
    samples = "" if timing.samples is None else f", N = {timing.samples}"
    threads = f", {what.threads} thread{'s' * (what.threads != 1)}" if what.threads else ""
    return (
        f"{what.name}, phase {what.phase}{samples}, on {what.device}{threads}, {what.layout}, "
        f"{what.precision}"
    )


def _why_forward(what: Measured, timing: Timing) -> str:
    """Return why nothing is run backward, where one would expect it."""
    if timing.whole.backward or what.phase != "train":
        return ""
    return "; forward only: the net has no loss, or nothing that learns, in phase train"


def _layers(timing: Timing) -> list[tuple[str, ...]]:
    longest = max(layer.total for layer in timing.layers)
    return [
        (
            layer.name,
            layer.type,
            shown(layer.tops[0]) if layer.tops else "",
            _ms(layer.forward.median),
            _ms(layer.backward.median) if layer.backward else "",
            f"{timing.share(layer):.1%}",
            _bar(layer.total / longest if longest else 0),
        )
        for layer in timing.layers
    ]


def _bar(fraction: float) -> str:
    full, rest = divmod(round(fraction * _BAR * 8), 8)
    return "█" * full + _EIGHTHS[rest].strip()


def _totals(timing: Timing) -> list[tuple[str, ...]]:
    whole = timing.whole
    head = ("", "forward", "backward", "both")
    rows = [head, _whole("layers, added", timing.added), _whole("whole net", whole)]
    if timing.compiled and timing.compiled.whole:
        rows.append(_whole("compiled", timing.compiled.whole))
    return rows if whole.backward else [(*row[:2], "", "") for row in rows]


def _whole(name: str, whole: WholeTime) -> tuple[str, ...]:
    backward = _ms(whole.backward.median) if whole.backward else ""
    return (name, _ms(whole.forward.median), backward, _ms(whole.both.median))


def _longest(timing: Timing) -> list[str]:
    ordered = sorted(timing.layers, key=lambda layer: -layer.total)[:_LONGEST]
    named = (f"{layer.name} {timing.share(layer):.1%}" for layer in ordered)
    return [f"longest: {', '.join(named)}"]


def _compiled(compiled: Compiled | None) -> list[str]:
    if compiled is None:
        return []
    if compiled.whole is None:
        needed = "a C++ compiler (g++) is needed on a CPU, triton on a GPU"
        return [f"not compiled: {compiled.why}; {needed}"]
    return [f"compiled in {compiled.seconds:.1f} s, at its first pass"]


def _speeds(timing: Timing) -> list[str]:
    lines = [_speed("", timing, timing.whole)]
    if timing.compiled and timing.compiled.whole:
        lines.append(_speed(", compiled", timing, timing.compiled.whole))
    return lines


def _speed(which: str, timing: Timing, whole: WholeTime) -> str:
    unit = "passes/s" if timing.samples is None else "images/s"
    rate = f"{unit}{which}: {_rate(timing, whole.forward) or 0:,.0f} forward"
    if whole.backward:
        rate += f", {_rate(timing, whole.both) or 0:,.0f} forward and backward"
    return rate


def _rate(timing: Timing, spread: Spread) -> float | None:
    """Return samples, or where none are counted passes, per second; None where no time passed."""
    return 1000 * (timing.samples or 1) / spread.median if spread.median else None


def _ms(value: float) -> str:
    """Return milliseconds with the digits that they deserve."""
    return f"{value:.3f}" if value < 100 else f"{value:.1f}"
