"""Intervals by the clock."""

from __future__ import annotations

from collections.abc import Callable


class Ticker:
    """Says when so many seconds have passed since it last said so.

    Several hooks may ask about one iteration; they get one answer.

    Args:
        seconds: from one time to the next.
        now: the time, in seconds; that of training, without tests and snapshots.
    """

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._seconds, self._now = seconds, now
        self._next = now() + seconds
        self._asked: int | None = None
        self._answer = False

    def is_due(self, iteration: int) -> bool:
        """Return whether the time has come, after so many iterations."""
        if iteration != self._asked:
            self._asked, time = iteration, self._now()
            self._answer = time >= self._next
            if self._answer:
                self._next = time + self._seconds
        return self._answer


Interval = int | Ticker
"""Iterations, 0 for never, or a clock."""


def is_due(iteration: int, interval: Interval) -> bool:
    """Return whether something that happens every `interval` happens at `iteration`."""
    if isinstance(interval, Ticker):
        return interval.is_due(iteration)
    return interval > 0 and iteration % interval == 0
