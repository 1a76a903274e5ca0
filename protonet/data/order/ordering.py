"""What a reader needs of an order."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


class Ordering(Protocol):
    """Which record stands at each position of the endless stream of epochs."""

    @property
    def count(self) -> int:
        """Positions in an epoch, at least 1."""
        ...

    def rows(self, positions: Rows) -> Rows:
        """Return the number of the record at each position, (N,).

        The same positions give the same records, whatever was asked before.
        """
        ...
