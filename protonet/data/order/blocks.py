"""Shuffling for disks that read stretches faster than single records: chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protonet.data.order.ordering import Rows
from protonet.data.order.permutation import permuted, permuted_within
from protonet.randomness import Words, key, mix, random_words

WINDOW = 16
"""Chunks whose records are shuffled with each other."""


@dataclass(frozen=True, slots=True)
class BlockOrder:
    """The chunks of a dataset in another order in each epoch, and within every 16 of them, as they
    come, all their records in a random order.

    Every record stands in each epoch once. At any time only the chunks of one window are read, some
    16 MiB where a chunk is one: each comes from the disk in one go and is done with before the next
    window begins. Records that lie in one chunk stay within one window, so in a dataset that is
    sorted by class, batches hold the classes of 16 chunks. It takes no memory of its own.

    Attributes:
        count: records in the dataset, at least 1.
        per_chunk: records in each chunk but the last, which holds the rest.
        seed: of the shuffling.
    """

    count: int
    per_chunk: int
    seed: int = 0

    def rows(self, positions: Rows) -> Rows:
        """Return the record at each position, (N,); position p stands in epoch p // count."""
        epochs, places = np.divmod(positions, self.count)
        words = random_words(key(self.seed, "blocks"), epochs)
        short = self._short(epochs)
        window = self._slot(places, short) // WINDOW
        begin = self._begin(window * WINDOW, short)
        size = self._begin(np.minimum((window + 1) * WINDOW, self._chunks), short) - begin
        keys = mix(words ^ random_words(key(self.seed, "window"), window))
        places = begin + permuted_within(places - begin, keys, size)
        slot = self._slot(places, short)
        return self._chunk(slot, short, words) * self.per_chunk + places - self._begin(slot, short)

    @property
    def _chunks(self) -> int:
        return -(-self.count // self.per_chunk)

    @property
    def _rest(self) -> int:
        """Records in the short chunk; 0 where there is none."""
        return self.count % self.per_chunk

    def _short(self, epochs: Rows) -> Rows:
        """Return where the short chunk stands among the chunks of an epoch; behind all of them if
        there is none."""
        if not self._rest:
            return np.full_like(epochs, self._chunks)
        words = random_words(key(self.seed, "short"), epochs)
        return (words % np.uint64(self._chunks)).astype(np.int64)

    def _begin(self, slot: Rows, short: Rows) -> Rows:
        """Return the place at which the chunk that stands at a slot begins."""
        return slot * self.per_chunk - (slot > short) * (self.per_chunk - self._rest)

    def _slot(self, places: Rows, short: Rows) -> Rows:
        """Return at which slot the chunk stands that has a place."""
        behind = places >= short * self.per_chunk + self._rest
        late = (places + self.per_chunk - self._rest) // self.per_chunk
        return np.where(behind, late, places // self.per_chunk)

    def _chunk(self, slot: Rows, short: Rows, words: Words) -> Rows:
        """Return which chunk stands at a slot."""
        full = self.count // self.per_chunk
        chunk = np.full_like(slot, full)
        among = np.flatnonzero(slot != short)
        if among.size:
            places = slot[among] - (slot[among] > short[among])
            chunk[among] = permuted(places, words[among], full)
        return chunk
