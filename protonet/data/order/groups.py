"""Records drawn by their class, each class as often as its share says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from protonet.data.order.mixture import Periods
from protonet.data.order.ordering import Rows
from protonet.data.order.permutation import Permutations
from protonet.randomness import key, mix, random_words


class GroupOrder:
    """Every group of records exactly as often as its share of each period says.

    Within a group every record stands once before any stands twice: a group has epochs of its own,
    in each of which its records are permuted anew. An epoch of the whole is as many positions as
    there are records; a small group has stood in it several times, a large one not wholly. It keeps
    4 bytes a record (8 beyond 2**32 records), and takes four times as much while it is made.

    Args:
        groups: the group of each record, (N,), whole numbers from 0.
        shares: positions of each group in a period (`apportioned`); 0 leaves a group out, and a
            group without records must be left out.
        shuffle: False takes the records of a group in the order of the dataset.
        seed: of the shuffling, and of the order in which the groups take turns.
    """

    def __init__(
        self, groups: npt.NDArray[np.integer], shares: Sequence[int], *, shuffle: bool, seed: int
    ) -> None:
        self.count, self._shuffle, self._seed = len(groups), shuffle, seed
        small = np.uint32 if self.count < 1 << 32 else np.int64
        self._members = np.argsort(groups, kind="stable").astype(small)
        self._sizes = np.bincount(groups, minlength=len(shares))
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._within = Permutations([max(size, 1) for size in self._sizes.tolist()])
        self._periods = Periods(tuple(shares), seed)

    def rows(self, positions: Rows) -> Rows:
        """Return the record at each position, (N,)."""
        group, numbers = self._periods.draws(positions)
        epochs, places = np.divmod(numbers, self._sizes[group])
        if self._shuffle:
            words = random_words(key(self._seed, "epoch of a group"), epochs)
            keys = mix(words ^ random_words(key(self._seed, "group"), group))
            places = self._within.rows(places, keys, group)
        rows: Rows = self._members[self._starts[group] + places].astype(np.int64)
        return rows
