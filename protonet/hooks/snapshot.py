"""Has snapshots written every so often and at the end, after the test of the same iteration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from protonet.hooks.hook import Hook, Step
from protonet.hooks.stopwatch import Stopwatch
from protonet.hooks.ticker import Interval, is_due


class Writing(Protocol):
    """What writes snapshots in the background; `protonet.snapshot.Writer` is one."""

    def check(self) -> None:
        """Raise what went wrong so far."""

    def wait(self) -> None:
        """Wait for what is being written; raise what went wrong."""


class Snapshots(Hook):
    """Calls `take(iteration)` after every `interval` updates, and at the end where that is wanted.

    Args:
        interval: updates between two snapshots; 0 for the end only.
        take: takes the snapshot of so many updates, which is written while training goes on.
        writing: writes it.
        stopwatch: stopped meanwhile.
        at_end: whether to write one at the end.
        there: the iteration that a resumed run has a snapshot of; 0 for none.
    """

    def __init__(
        self,
        interval: Interval,
        take: Callable[[int], None],
        writing: Writing,
        stopwatch: Stopwatch,
        *,
        at_end: bool,
        there: int = 0,
    ) -> None:
        self._interval, self._take, self._writing = interval, take, writing
        self._stopwatch, self._at_end, self._last = stopwatch, at_end, there

    def after_step(self, step: Step) -> bool:
        """Take one if it is due.

        Raises: StorageError if the last one could not be written.
        """
        self._writing.check()
        if is_due(step.iteration + 1, self._interval):
            self.take(step.iteration + 1)
        return False

    def after_train(self, iteration: int) -> None:
        """Take the last one, and wait until it is written.

        Raises: StorageError if it cannot be.
        """
        with self._stopwatch.paused():
            if self._at_end:
                self.take(iteration)
            self._writing.wait()

    def take(self, iteration: int) -> None:
        """Take the snapshot of so many updates, unless that is there already."""
        if self._last == iteration:
            return
        with self._stopwatch.paused():
            self._take(iteration)
        self._last = iteration
