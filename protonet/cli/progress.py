"""How far a long command is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable

from protonet.cli.terminal import Terminal
from protonet.hooks.pace import duration

_WIDTH = 30
_LIVE_SECONDS = 0.1
_LINE_SECONDS = 10.0


class ProgressBar:
    """Shows done and total on a terminal; call it as often as you like, it writes rarely.

    Args:
        unit: what is counted, "images".
        terminal: where to write, usually standard error.
        clock: seconds, from any beginning.
    """

    def __init__(
        self, unit: str, terminal: Terminal, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._unit, self._terminal, self._clock = unit, terminal, clock
        self._wait = _LIVE_SECONDS if terminal.live else _LINE_SECONDS
        self._started = self._shown = clock()

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` are done, if it is time to; 0 is where the work begins."""
        now = self._clock()
        if done == 0:
            self._started = now  # what came before is no part of the rate
        if now - self._shown < self._wait:
            return
        self._shown = now
        text = self._text(done, total, now - self._started)
        if self._terminal.live:
            self._terminal.status(f"{_bar(done, total)} {text}")
        else:
            self._terminal.line(text)

    def close(self) -> None:
        """Remove the bar: what was made, or what went wrong, is said in its place."""
        self._terminal.status("")

    def _text(self, done: int, total: int, seconds: float) -> str:
        rate = done / seconds if done else 0.0
        left = f", {duration((total - done) / rate)} left" if rate and done < total else ""
        return f"{done}/{total} {self._unit}, {per_second(rate)}{left}"


def per_second(rate: float) -> str:
    """Return a rate with as many digits as it deserves.

    >>> per_second(0.25), per_second(12345.6)
    ('0.2/s', '12,346/s')
    """
    return f"{rate:.1f}/s" if rate < 10 else f"{rate:,.0f}/s"


def _bar(done: int, total: int) -> str:
    full = _WIDTH * done // total
    return f"[{'#' * full}{'.' * (_WIDTH - full)}]"
