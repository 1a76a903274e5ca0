"""Whose gradients a hook is shown: those of one update after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

NormsOf = Callable[[list[Tensor]], Sequence[Tensor]]


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
        norms: see the attribute.

    Attributes:
        norms: gives the L2 norm of each of some gradients, or parameters, as they come; of those of
            which each process has a part, that of the whole.
    """

    def __init__(self, turns: Sequence[Turn], norms: NormsOf = torch._foreach_norm) -> None:
        self._turns, self.norms = tuple(turns), norms
        self._coming: Iterator[Turn] = iter(())

    def begin(self, iteration: int) -> None:
        """Begin an iteration."""
        self._coming = iter([turn for turn in self._turns if iteration % turn.every == 0])

    def names(self) -> tuple[str, ...]:
        """Return the names of the parameters whose gradients have just come."""
        return next(self._coming).names
