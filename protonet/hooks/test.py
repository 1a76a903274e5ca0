"""Tests the net every so often, on every evaluation set."""

from __future__ import annotations

from collections.abc import Callable

from protonet.hooks.hook import Hook, Step
from protonet.hooks.stopwatch import Stopwatch
from protonet.hooks.ticker import Interval, is_due


class Test(Hook):
    """Calls `test(iteration)` after every `interval` updates, before the first, and at the end.

    Args:
        interval: updates between two tests; 0 for the end only.
        test: tests all sets and reports.
        stopwatch: stopped while testing.
        initially: whether to test before the first update.
        last: the update after which the end comes. It is tested among the steps, so that a snapshot
            of that iteration, whoever asks for it, is written after the test.
        owed: an iteration whose test is to be made in any case; 0 for none.
    """

    __test__ = False  # its name makes pytest think it is a test class

    def __init__(
        self,
        interval: Interval,
        test: Callable[[int], None],
        stopwatch: Stopwatch,
        *,
        initially: bool,
        last: int,
        owed: int = 0,
    ) -> None:
        self._interval, self._test, self._stopwatch = interval, test, stopwatch
        self._initially, self._surely = initially, (last, owed)
        self._tested: int | None = None

    def before_train(self, iteration: int) -> None:
        """Test the untrained net, where that is wanted and this is the start."""
        if iteration == 0 and self._interval and self._initially:
            self._run(0)

    def after_step(self, step: Step) -> bool:
        """Test if it is due, or this was the last step."""
        done = step.iteration + 1
        if done in self._surely or is_due(done, self._interval):
            self._run(done)
        return False

    def after_train(self, iteration: int) -> None:
        """Test the trained net, unless that has just been done."""
        if self._tested != iteration:
            self._run(iteration)

    def _run(self, iteration: int) -> None:
        with self._stopwatch.paused():
            self._test(iteration)
        self._tested = iteration
