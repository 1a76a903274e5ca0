"""A stream that begins further on."""

from __future__ import annotations

from dataclasses import dataclass

from protonet.data.order.ordering import Ordering, Rows


@dataclass(frozen=True, slots=True)
class SkippedOrder:
    """Another order without its first positions.

    Attributes:
        order: the other.
        skip: positions that are left out, once, at least 0.
    """

    order: Ordering
    skip: int

    @property
    def count(self) -> int:
        """Positions in an epoch, as of the other order."""
        return self.order.count

    def rows(self, positions: Rows) -> Rows:
        """Return the record at each position, (N,)."""
        return self.order.rows(positions + self.skip)
