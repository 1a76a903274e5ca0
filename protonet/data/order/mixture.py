"""Several streams in one, each with its share of every period."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from protonet.data.order.ordering import Ordering, Rows
from protonet.data.order.permutation import permuted
from protonet.randomness import key, random_words

_LONGEST = 10_000
"""Draws in a period, at most, of weights that no shorter one has exactly."""
_FEW = 8
"""Draws of each kind that a period may have in any case."""


def apportioned(weights: Sequence[float]) -> tuple[int, ...]:
    """Return how many draws of a period go to each of several kinds.

    The period is the shortest that has the shares exactly, decimal fractions as they are written:
    3 and 1 give 4 draws, 0.7 and 0.3 give 10. Where that takes more than 10,000 draws (eight times
    the kinds, where that is more), the period has so many, apportioned by the largest remainders;
    no weight above 0 gets none.

    Args:
        weights: finite, at least 0, one above 0.
    """
    exact = [Fraction(str(weight)) for weight in weights]
    unit = math.lcm(*(one.denominator for one in exact))
    whole = [int(one * unit) for one in exact]
    common = math.gcd(*whole)
    longest = max(_LONGEST, _FEW * len(weights))
    if sum(whole) // common <= longest:
        return tuple(one // common for one in whole)
    quotas = [Fraction(one * longest, sum(whole)) for one in whole]
    shares = [math.floor(quota) for quota in quotas]
    remainders = sorted(range(len(quotas)), key=lambda at: (shares[at] - quotas[at], at))
    for at in remainders[: longest - sum(shares)]:
        shares[at] += 1
    for at, one in enumerate(whole):
        if one and not shares[at]:
            shares[at] = 1
            shares[shares.index(max(shares))] -= 1
    return tuple(shares)


@dataclass(frozen=True, slots=True)
class Periods:
    """Which of several kinds each position of a stream draws: in every period each kind exactly as
    often as its share says, in an order that differs from period to period.

    Attributes:
        shares: draws of each kind in a period, at least 0; their sum is its length.
        seed: of the order.
    """

    shares: tuple[int, ...]
    seed: int

    def draws(self, positions: Rows) -> tuple[npt.NDArray[np.intp], Rows]:
        """Return for each position its kind, and how many of that kind stand before it, (N,) each.

        It takes the memory of the periods that the positions lie in.
        """
        length = sum(self.shares)
        periods, places = np.divmod(positions, length)
        distinct, which = np.unique(periods, return_inverse=True)
        keys = np.repeat(random_words(key(self.seed, "periods"), distinct), length)
        turns = permuted(np.tile(np.arange(length), len(distinct)), keys, length)
        kinds = np.repeat(np.arange(len(self.shares)), self.shares)
        drawn = kinds[turns].reshape(-1, length)
        starts = np.cumsum(self.shares) - self.shares
        ranks = np.empty_like(drawn)  # among those of the same kind
        order = np.argsort(drawn, axis=1, kind="stable")
        np.put_along_axis(ranks, order, (np.arange(length) - starts[kinds])[None], axis=1)
        kind = drawn[which, places]
        return kind, periods * np.array(self.shares)[kind] + ranks[which, places]


@dataclass(frozen=True, slots=True)
class MixtureOrder:
    """Records of several datasets, which stand one after the other in a larger one, by weight.

    Each dataset has its own order and its own epochs: one that is exhausted begins again. An epoch
    of the mixture is as many positions as all of them have records. It takes the memory of two
    periods, at most, beside that of the positions asked for.

    Attributes:
        orders: of the datasets, in the order in which they stand.
        shares: positions of each in a period, at least 1 (`apportioned`).
        seed: of the order in which they take turns.
    """

    orders: tuple[Ordering, ...]
    shares: tuple[int, ...]
    seed: int = 0

    @property
    def count(self) -> int:
        """Records in all datasets together."""
        return sum(order.count for order in self.orders)

    def rows(self, positions: Rows) -> Rows:
        """Return the record at each position, (N,), as numbered in all datasets together."""
        kinds, numbers = Periods(self.shares, self.seed).draws(positions)
        rows = np.empty_like(positions)
        before = 0
        for kind, order in enumerate(self.orders):
            own = np.flatnonzero(kinds == kind)
            if own.size:
                rows[own] = before + order.rows(numbers[own])
            before += order.count
        return rows
