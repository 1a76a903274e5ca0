"""Whose gradients a hook is shown: those of one update after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """An update whose gradients are shown.

    Attributes:
        names: of its parameters, `layer/parameter`, in their order.
        every: it is made in every so many-th iteration.
    """

    names: tuple[str, ...]
    every: int = 1


class Turns:
    """Says, call by call, whose gradients have come.

    Args:
        turns: the updates of an iteration, in their order, but those that show no gradients.
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = tuple(turns)
        self._coming: Iterator[Turn] = iter(())

    def begin(self, iteration: int) -> None:
        """Begin an iteration."""
        self._coming = iter([turn for turn in self._turns if iteration % turn.every == 0])

    def names(self) -> tuple[str, ...]:
        """Return the names of the parameters whose gradients have just come."""
        return next(self._coming).names
