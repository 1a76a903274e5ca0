"""Keeps the average of the weights up to date."""

from __future__ import annotations

from protonet.hooks.hook import Hook, Step
from protonet.step.average import Average


class Averaging(Hook):
    """Takes the weights after every step into their average."""

    def __init__(self, average: Average) -> None:
        self._average = average

    def after_step(self, step: Step) -> bool:
        """Take them in."""
        self._average.update(step.iteration + 1)
        return False
