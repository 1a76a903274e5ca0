"""Keyed permutations in no memory.

A permutation of 0 … count − 1 is a Feistel network over pairs (left, right) of numbers below a and
b with a·b just above count. A place that lands at or above count is sent through again until it
does not ("cycle walking"; Black, Rogaway: Ciphers with Arbitrary Finite Domains, 2002).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from protonet.data.order.ordering import Rows
from protonet.randomness import Words, mix

LARGEST = 1 << 62
"""Numbers that can be permuted, at most."""

_ROUNDS = 6
_ROUND_STEP = 0xD1B54A32D192ED03
_MASK = (1 << 64) - 1
_HALF = np.uint64(32)


def permuted(places: Rows, keys: Words, count: int) -> Rows:
    """Return where each place below `count` goes, under the key beside it. Shape (N,)."""
    a, b = _sides(count)
    return _walked(places, keys, np.uint64(count), np.uint64(a), np.uint64(b))


def permuted_within(places: Rows, keys: Words, counts: Rows) -> Rows:
    """Return where each place goes among as many as the number beside it says. Shape (N,)."""
    if len(counts) and (counts == counts[0]).all():  # most of the time, and twice as fast
        return permuted(places, keys, int(counts[0]))
    distinct, which = np.unique(counts, return_inverse=True)
    return Permutations(distinct.tolist()).rows(places, keys, which)


class Permutations:
    """Permutations of several lengths, ready to be used together.

    Args:
        counts: the length of each, at least 1 and at most 2**62.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        self._counts = np.array(counts, np.uint64)
        sides = [_sides(count) for count in counts]
        self._a, self._b = np.array(sides, np.uint64).reshape(-1, 2).T

    def rows(self, places: Rows, keys: Words, which: npt.NDArray[np.intp]) -> Rows:
        """Return where each place goes, under the key and in the permutation beside it. Shape
        (N,)."""
        return _walked(places, keys, self._counts[which], self._a[which], self._b[which])


def _sides(count: int) -> tuple[int, int]:
    """Return a and b. Half of all permutations are odd; an even a lets them come too."""
    a = max(2, 2 * math.ceil(math.isqrt(count - 1) / 2 + 0.5))
    return a, -(-count // a)


def _walked(
    places: Rows, keys: Words, counts: Words | np.uint64, a: Words | np.uint64, b: Words | np.uint64
) -> Rows:
    rows = _scrambled(places.astype(np.uint64), keys, a, b)
    outside = np.flatnonzero(rows >= counts)
    while outside.size:
        there = [one[outside] if isinstance(one, np.ndarray) else one for one in (a, b)]
        rows[outside] = _scrambled(rows[outside], keys[outside], *there)
        limits = counts[outside] if isinstance(counts, np.ndarray) else counts
        outside = outside[rows[outside] >= limits]
    return rows.astype(np.int64)


def _scrambled(places: Words, keys: Words, a: Words | np.uint64, b: Words | np.uint64) -> Words:
    """Permute 0 … a·b − 1, differently under each key."""
    right, left = np.divmod(places, a)
    for number in range(_ROUNDS // 2):
        left = _added(left, right, keys + np.uint64(2 * number * _ROUND_STEP & _MASK), a)
        right = _added(right, left, keys + np.uint64((2 * number + 1) * _ROUND_STEP & _MASK), b)
    return right * a + left


def _added(half: Words, other: Words, keys: Words, limit: Words | np.uint64) -> Words:
    """Return half + a random number that depends on the other half, modulo limit (below 2**32)."""
    total = half + ((mix(keys + other) >> _HALF) * limit >> _HALF)
    return np.where(total >= limit, total - limit, total)
