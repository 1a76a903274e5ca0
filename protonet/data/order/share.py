"""Which part of a stream of batches one of several processes reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protonet.data.order.ordering import Rows
from protonet.errors import UsageError


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
