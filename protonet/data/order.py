"""The order in which records are read: a pure function of seed, epoch and place, in no memory.

Shuffling is a keyed permutation of 0 … count − 1 for each epoch: a Feistel network over pairs
(left, right) of numbers below a and b with a·b just above count. A place that lands at or above
count is sent through again until it does not ("cycle walking"; Black, Rogaway: Ciphers with
Arbitrary Finite Domains, 2002).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protonet.errors import UsageError
from protonet.randomness import Words, key, mix, random_words

Rows = npt.NDArray[np.int64]

_ROUNDS = 6
_ROUND_STEP = 0xD1B54A32D192ED03
_HALF = np.uint64(32)
_LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Order:
    """Which record stands at each position of the endless stream of epochs.

    Attributes:
        count: records in the dataset, at least 1.
        shuffle: another permutation in each epoch; False is the order of the dataset.
        seed: of the shuffling.

    Raises: ValueError if count is not between 1 and 2**62.
    """

    count: int
    shuffle: bool
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a count that has no order."""
        if not 1 <= self.count <= _LARGEST:
            raise ValueError(f"an order needs 1 to 2**62 records, not {self.count}")

    def rows(self, positions: Rows) -> Rows:
        """Return the record at each position, (N,); position p stands in epoch p // count."""
        epochs, places = np.divmod(positions, self.count)
        if not self.shuffle:
            return places
        keys = random_words(key(self.seed, "order"), epochs)
        rows = self._scramble(places.astype(np.uint64), keys)
        outside = np.flatnonzero(rows >= self.count)
        while outside.size:
            rows[outside] = self._scramble(rows[outside], keys[outside])
            outside = outside[rows[outside] >= self.count]
        return rows.astype(np.int64)

    def _scramble(self, places: Words, keys: Words) -> Words:
        """Permute 0 … a·b − 1, differently under each key.

        Half of all permutations are odd; an even a lets them come too.
        """
        a = np.uint64(max(2, 2 * math.ceil(math.isqrt(self.count - 1) / 2 + 0.5)))
        b = np.uint64(-(-self.count // int(a)))
        right, left = np.divmod(places, a)
        for number in range(_ROUNDS // 2):
            left = _added(left, right, keys + np.uint64(2 * number * _ROUND_STEP & _MASK), a)
            right = _added(right, left, keys + np.uint64((2 * number + 1) * _ROUND_STEP & _MASK), b)
        return right * a + left


@dataclass(frozen=True, slots=True)
class Share:
    """Which records of a stream of batches one of several processes gets; together they get each
    record once, whatever their number.

    Attributes:
        rank: of the process, from 0.
        count: processes.
        whole: every `count`-th batch, whole; False is a part of every batch.
    """

    rank: int = 0
    count: int = 1
    whole: bool = False

    def positions(self, index: int, batch_size: int, last: int | None = None) -> Rows:
        """Return the positions of this process's batch of this number, (N,); none where the stream
        has no more.

        Parts of a batch that cannot be halved evenly differ by one record.

        Args:
            index: of the batch, among those of this process.
            batch_size: records in a batch, all parts together.
            last: positions in the stream; None if it never ends.
        """
        first = (index * self.count + self.rank if self.whole else index) * batch_size
        end = first + batch_size if last is None else min(first + batch_size, last)
        if self.whole:
            return np.arange(first, end)
        number = max(end - first, 0)
        begin, stop = (number * rank // self.count for rank in (self.rank, self.rank + 1))
        return np.arange(first + begin, first + stop)

    def size(self, batch_size: int) -> int:
        """Return the records of this process in a batch that is not short.

        Raises: UsageError if a process would get none.
        """
        if not self.whole and batch_size < self.count:
            raise UsageError(
                f"batch_size {batch_size} is too small for {self.count} processes, each of which "
                "gets a part of every batch; use fewer processes, or larger batches"
            )
        return len(self.positions(0, batch_size))


ALL = Share()
"""A process that reads everything itself."""

_MASK = (1 << 64) - 1


def _added(half: Words, other: Words, keys: Words, limit: np.uint64) -> Words:
    """Return half + a random number that depends on the other half, modulo limit (below 2**32)."""
    total = half + ((mix(keys + other) >> _HALF) * limit >> _HALF)
    return np.where(total >= limit, total - limit, total)
