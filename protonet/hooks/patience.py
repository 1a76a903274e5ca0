"""Ends training that no longer gets better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protonet.hooks.hook import Hook, Say, Step


@dataclass(slots=True)
class Progress:
    """How far a run has come, as its tests tell.

    Attributes:
        best: the best score of a test, larger being better; None before the first.
        waited: tests since then.
    """

    best: float | None = None
    waited: int = 0


class Patience(Hook):
    """Votes to stop after so many tests without a better score. It stands after the tests.

    Args:
        patience: tests without improvement.
        min_delta: by how much a score must be better to count.
        score: gives the score of the test after so many iterations, larger being better; None
            where there was no test, or no finite score.
        say: takes why it stops.
        progress: where a resumed run stands.
    """

    def __init__(
        self,
        patience: int,
        min_delta: float,
        score: Callable[[int], float | None],
        say: Say,
        progress: Progress,
    ) -> None:
        self._patience, self._min_delta, self._score = patience, min_delta, score
        self._say, self.progress = say, progress

    def after_step(self, step: Step) -> bool:
        """Stop if the score has not risen for too long."""
        done = step.iteration + 1
        score, progress = self._score(done), self.progress
        if score is None:
            return False
        if progress.best is None or score > progress.best + self._min_delta:
            progress.best, progress.waited = score, 0
            return False
        progress.waited += 1
        if progress.waited < self._patience:
            return False
        tests = "test" if progress.waited == 1 else f"{progress.waited} tests"
        self._say(f"iteration {done}  no improvement in the last {tests}: training stops early")
        return True
