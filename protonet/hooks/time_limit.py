"""Ends training after a time."""

from __future__ import annotations

from collections.abc import Callable

from protonet.hooks.hook import Hook, Step


class TimeLimit(Hook):
    """Votes to stop when training has taken so long.

    Args:
        seconds: the time to train for.
        trained: the seconds that the run has trained, all its processes together.
    """

    def __init__(self, seconds: float, trained: Callable[[], float]) -> None:
        self._seconds, self._trained = seconds, trained

    def after_step(self, step: Step) -> bool:
        """Stop if the time is over."""
        return self._trained() >= self._seconds
