"""The order of a dataset, or another permutation of all of it in each epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protonet.data.order.ordering import Rows
from protonet.data.order.permutation import LARGEST, permuted
from protonet.randomness import key, random_words


@dataclass(frozen=True, slots=True)
class Order:
    """All records once in each epoch, in no memory.

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
        if not 1 <= self.count <= LARGEST:
            raise ValueError(f"an order needs 1 to 2**62 records, not {self.count}")

    def rows(self, positions: Rows) -> Rows:
        """Return the record at each position, (N,); position p stands in epoch p // count."""
        epochs, places = np.divmod(positions, self.count)
        if not self.shuffle:
            return places
        return permuted(places, random_words(key(self.seed, "order"), epochs), self.count)
