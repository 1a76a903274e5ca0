"""Schedules made of schedules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from protonet.lr_policy.record import Schedule


def warmed_up(schedule: Schedule, iterations: int, factor: float) -> Schedule:
    """Return a schedule whose first iterations are multiplied by what rises from `factor` to 1.

    >>> [warmed_up(lambda iteration: 1.0, 4, 0.5)(iteration) for iteration in (0, 2, 4)]
    [0.5, 0.75, 1.0]
    """

    def rate(iteration: int) -> float:
        if iteration >= iterations:
            return schedule(iteration)
        return schedule(iteration) * (factor + (1.0 - factor) * iteration / iterations)

    return rate


def in_turn(schedules: Sequence[Schedule], lengths: Sequence[int]) -> Schedule:
    """Return one schedule after the other, each counting from its own beginning.

    Args:
        schedules: at least one.
        lengths: iterations of each but the last.

    >>> one = in_turn([lambda iteration: 1.0, lambda iteration: float(iteration)], [3])
    >>> [one(iteration) for iteration in (2, 3, 5)]
    [1.0, 0.0, 2.0]
    """
    starts = [0, *accumulate(lengths)]

    def rate(iteration: int) -> float:
        place = bisect_right(starts, iteration) - 1
        return schedules[place](iteration - starts[place])

    return rate
