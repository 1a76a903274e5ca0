"""How far a long command is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 30
_TERMINAL_SECONDS = 0.1
_LINE_SECONDS = 10.0


class ProgressBar:
    """Shows done and total on a stream; call it as often as you like, it writes rarely.

    Args:
        unit: what is counted, "images".
        stream: where to write, usually standard error.
        clock: seconds, from any beginning.
    """

    def __init__(
        self, unit: str, stream: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._unit, self._stream, self._clock = unit, stream, clock
        self._drawn = stream.isatty()
        self._started = self._shown = clock()
        self._open = False

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` are done, if it is time to, or all are."""
        now = self._clock()
        wait = _TERMINAL_SECONDS if self._drawn else _LINE_SECONDS
        if now - self._shown < wait and not (self._drawn and done == total):
            return
        self._shown = now
        text = self._text(done, total, now - self._started)
        self._stream.write(f"\r{_bar(done, total)} {text}\x1b[K" if self._drawn else f"{text}\n")
        self._stream.flush()
        self._open = self._drawn

    def close(self) -> None:
        """End the line of a bar, so that what is printed next begins on its own."""
        if self._open:
            self._stream.write("\n")
            self._stream.flush()
            self._open = False

    def _text(self, done: int, total: int, seconds: float) -> str:
        rate = done / seconds if seconds > 0 else 0.0
        left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
        return f"{done}/{total} {self._unit}, {rate:,.0f}/s{left}"


def _bar(done: int, total: int) -> str:
    full = _WIDTH * done // total
    return f"[{'#' * full}{'.' * (_WIDTH - full)}]"
