"""Writes snapshots every so often and at the end, after the test of the same iteration."""

from __future__ import annotations

from collections.abc import Callable

from protonet.hooks.hook import Hook, Step, is_due
from protonet.hooks.stopwatch import Stopwatch


class Snapshots(Hook):
    """Calls `write(iteration)` after every `interval` updates, and at the end where that is wanted.

    Args:
        interval: updates between two snapshots; 0 for the end only.
        write: writes the snapshot of so many updates.
        stopwatch: stopped while writing.
        at_end: whether to write one at the end.
    """

    def __init__(
        self, interval: int, write: Callable[[int], None], stopwatch: Stopwatch, *, at_end: bool
    ) -> None:
        self._interval, self._write, self._stopwatch, self._at_end = (
            interval,
            write,
            stopwatch,
            at_end,
        )
        self._last: int | None = None

    def before_train(self, iteration: int) -> None:
        """Remember that a resumed run has a snapshot of this iteration already."""
        self._last = iteration or None

    def after_step(self, step: Step) -> bool:
        """Write if it is due."""
        if is_due(step.iteration + 1, self._interval):
            self.write(step.iteration + 1)
        return False

    def after_train(self, iteration: int) -> None:
        """Write the last one."""
        if self._at_end:
            self.write(iteration)

    def write(self, iteration: int) -> None:
        """Write the snapshot of so many updates, unless that is there already."""
        if self._last == iteration:
            return
        with self._stopwatch.paused():
            self._write(iteration)
        self._last = iteration
