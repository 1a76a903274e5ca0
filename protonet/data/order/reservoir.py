"""Records drawn from a reservoir that a stream goes through."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protonet.data.order.ordering import Ordering, Rows
from protonet.data.reservoir import Reservoir
from protonet.randomness import key, random_words

_AT_ONCE = 65_536


class ReservoirOrder:
    """At each position the next record of a stream is offered to a reservoir, and then one of those
    that it keeps is drawn.

    So it is a function of the position: what stands at position p depends on the first p + 1
    records of the stream and on the seed, and on nothing else. To go on in the middle the labels
    are gone through again, not the records, about a million a second. It keeps the labels, and
    about 100 bytes for each sample of the reservoir.

    Args:
        stream: the order in which records are offered, at best the one in which they came.
        labels: the class of each record, (count,), whole numbers.
        size: samples that the reservoir keeps.
        seed: of what is kept and of what is drawn.
    """

    def __init__(
        self, stream: Ordering, labels: npt.NDArray[np.integer], size: int, seed: int
    ) -> None:
        self.count = stream.count
        self._stream, self._labels, self._size, self._seed = stream, labels, size, seed
        self._begin()

    def rows(self, positions: Rows) -> Rows:
        """Return the record at each position, (N,). Positions before those of the last call make it
        begin anew."""
        if not len(positions):
            return np.empty(0, np.int64)
        distinct, which = np.unique(positions, return_inverse=True)
        if distinct[0] < self._reservoir.seen:
            self._begin()
        rows = np.empty_like(distinct)
        filled = 0
        while filled < len(distinct):
            first = self._reservoir.seen
            stop = int(np.searchsorted(distinct, first + _AT_ONCE))
            last = int(distinct[-1]) + 1 if stop == len(distinct) else first + _AT_ONCE
            self._go_on(first, min(last, first + _AT_ONCE), distinct[filled:stop], rows[filled:])
            filled = stop
        return rows[which]

    def _begin(self) -> None:
        self._reservoir = Reservoir(self._size, self._seed)
        self._kept = np.zeros(self._size, np.int64)

    def _go_on(self, first: int, last: int, wanted: Rows, out: Rows) -> None:
        """Offer the records of the stream from one position to another; write those that are drawn
        at the wanted positions."""
        offered = self._stream.rows(np.arange(first, last))
        slots = self._reservoir.offer_all(self._labels[offered])
        lengths = np.minimum(wanted + 1, self._size).astype(np.uint64)
        drawn = (random_words(key(self._seed, "drawn"), wanted) % lengths).astype(np.int64)
        begin = 0
        kept = self._kept
        taken = np.flatnonzero(slots >= 0)
        for at, stop in enumerate((wanted - first).tolist()):
            while begin < len(taken) and taken[begin] <= stop:
                kept[slots[taken[begin]]] = offered[taken[begin]]
                begin += 1
            out[at] = kept[drawn[at]]
        kept_later = taken[begin:]
        kept[slots[kept_later]] = offered[kept_later]
