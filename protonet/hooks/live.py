"""The live line of a terminal: refreshed a few times a second, never waiting for the device."""

from __future__ import annotations

import time
from collections.abc import Callable

from protonet.hooks.display import progress_line
from protonet.hooks.hook import Hook, Say, Step
from protonet.hooks.pace import Pace, Speedometer

REFRESH_SECONDS = 0.25
_MEASURE_SECONDS = 2.0


class Live(Hook):
    """Redraws one line about the run, with the loss that was displayed last.

    Args:
        pace: what speed is computed from.
        loss: gives the loss displayed last, or None.
        status: takes the line, which replaces the one before.
        clock: seconds, from any beginning.
    """

    def __init__(
        self,
        pace: Pace,
        loss: Callable[[], float | None],
        status: Say,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._loss, self._status, self._clock = loss, status, clock
        self._speedometer = Speedometer(pace)
        self._shown = self._measured = clock()
        self._speed = ""

    def before_train(self, iteration: int) -> None:
        """Start measuring."""
        self._speedometer.start(iteration)

    def after_step(self, step: Step) -> bool:
        """Redraw the line if it is time to."""
        now = self._clock()
        if now - self._shown >= REFRESH_SECONDS:
            self._shown = now
            self._refresh(step, now)
        return False

    def close(self) -> None:
        """Clear the line."""
        self._status("")

    def _refresh(self, step: Step, now: float) -> None:
        """Speed is measured over stretches of seconds: over shorter ones it would flicker."""
        if not self._speed or now - self._measured >= _MEASURE_SECONDS:
            self._speed, self._measured = str(self._speedometer.read(step.iteration + 1)), now
        self._status(progress_line(step.iteration, self._loss(), step.lr, self._speed))
