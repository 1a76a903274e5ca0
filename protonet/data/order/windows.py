"""Shuffling within a distance: records stay near the place at which the dataset has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protonet.data.order.ordering import Rows
from protonet.data.order.permutation import permuted, permuted_within
from protonet.randomness import key, mix, random_words


@dataclass(frozen=True, slots=True)
class WindowOrder:
    """No record more than `reach` places from where the dataset has it, otherwise at random.

    What a shuffle buffer of `reach` records is used for, but a function of the position alone, in
    no memory: windows of two thirds of the reach are permuted, and then again windows that lie
    across their borders. Where the windows lie changes with the epoch. Every record stands in
    each epoch once. With a reach of all records it is a full shuffle.

    Attributes:
        count: records in the dataset, at least 1.
        reach: places that a record moves at most, in either direction; at least 2.
        seed: of the shuffling.
    """

    count: int
    reach: int
    seed: int = 0

    def rows(self, positions: Rows) -> Rows:
        """Return the record at each position, (N,); position p stands in epoch p // count."""
        epochs, places = np.divmod(positions, self.count)
        words = random_words(key(self.seed, "windows"), epochs)
        if self.reach >= self.count:
            return permuted(places, words, self.count)
        size = self._size
        first = (words % np.uint64(size)).astype(np.int64)
        for offset, step in ((first, "across"), (first + (size + 1) // 2, "within")):
            window = (places + offset % size) // size
            begin = np.maximum(window * size - offset % size, 0)
            end = np.minimum((window + 1) * size - offset % size, self.count)
            keys = mix(words ^ random_words(key(self.seed, step), window))
            places = begin + permuted_within(places - begin, keys, end - begin)
        return places

    @property
    def _size(self) -> int:
        """Records in a window: one moves size - 1 places at most, and as the windows of the second
        pass lie half a window further on, there half a window more."""
        return (2 * self.reach + 2) // 3
