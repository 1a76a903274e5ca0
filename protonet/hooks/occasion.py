"""Does something every so often, before the first update, and at the end."""

from __future__ import annotations

from collections.abc import Callable

from protonet.hooks.hook import Hook, Step
from protonet.hooks.stopwatch import Stopwatch
from protonet.hooks.ticker import Interval, is_due


class Occasion(Hook):
    """Calls `act(iteration)` after every `interval` updates, before the first, and at the end.

    Args:
        interval: updates between two calls; 0 for never.
        act: is given the number of updates.
        stopwatch: stopped meanwhile.
        last: the update after which the end comes. It is acted on among the steps, so that a
            snapshot of that iteration, whoever asks for it, follows.
    """

    def __init__(
        self, interval: Interval, act: Callable[[int], None], stopwatch: Stopwatch, last: int
    ) -> None:
        self._interval, self._act, self._stopwatch = interval, act, stopwatch
        self._last, self._done = last, -1

    def before_train(self, iteration: int) -> None:
        """Act where this is the start."""
        if iteration == 0:
            self._run(iteration)
        self._done = iteration

    def after_step(self, step: Step) -> bool:
        """Act if it is due, or this was the last step."""
        done = step.iteration + 1
        if done == self._last or is_due(done, self._interval):
            self._run(done)
        return False

    def after_train(self, iteration: int) -> None:
        """Act at the end, unless that has just been done."""
        if self._done != iteration:
            self._run(iteration)

    def _run(self, iteration: int) -> None:
        if self._interval:
            with self._stopwatch.paused():
                self._act(iteration)
        self._done = iteration
