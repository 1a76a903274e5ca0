"""Records drawn as often as each one's own weight says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protonet.data.order.ordering import Rows
from protonet.data.order.permutation import permuted
from protonet.randomness import key, random_words, uniform


class WeightedOrder:
    """Every record in proportion to its weight, by systematic sampling.

    Of the N positions of an epoch, a record with the share s of all weights has N·s, rounded down
    or up, and over many epochs N·s on average; one of weight 0 has none. (As if the records stood
    on a line, each as wide as its weight, and a comb of N equal gaps, shifted by chance in each
    epoch, were laid on it.) It keeps 8 bytes a record.

    Args:
        weights: of each record, (N,), finite, at least 0, one above 0.
        shuffle: False takes the records that are drawn in the order of the dataset.
        seed: of the drawing and of the shuffling.
    """

    def __init__(self, weights: npt.NDArray[np.floating], *, shuffle: bool, seed: int) -> None:
        self.count, self._shuffle, self._seed = len(weights), shuffle, seed
        self._ends = np.cumsum(weights, dtype=np.float64)
        self._last = int(np.flatnonzero(weights)[-1])

    def rows(self, positions: Rows) -> Rows:
        """Return the record at each position, (N,); position p stands in epoch p // count."""
        epochs, places = np.divmod(positions, self.count)
        if self._shuffle:
            words = random_words(key(self._seed, "weighted"), epochs)
            places = permuted(places, words, self.count)
        shift = uniform(key(self._seed, "shift"), epochs)
        points = (places + shift) / self.count * self._ends[-1]
        rows: Rows = np.searchsorted(self._ends, points, side="right")
        return rows.clip(max=self._last)  # a point may be rounded up to the end of the line
