"""A metric that counts in every batch, and whose value is made of the counts of all."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

Count = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""(scores, labels) → the counts of a batch, int64; those of two batches add up."""

Conclude = Callable[[torch.Tensor], torch.Tensor]
"""The counts → the value."""


class Counted(nn.Module):
    """Counts a batch, and makes the value of the counts.

    Args:
        count: counts a batch; it raises DataError if a label is outside the classes (on a CPU).
        conclude: makes the value of one batch, or of the sum of several.
    """

    def __init__(self, count: Count, conclude: Conclude) -> None:
        super().__init__()
        self._count, self._conclude = count, conclude

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the value of this batch, float32."""
        return self.conclude(self.measure(scores, labels))

    def measure(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the counts of this batch.

        Raises: DataError if a label is outside the classes (on a CPU).
        """
        return self._count(scores, labels)

    def conclude(self, sums: torch.Tensor) -> torch.Tensor:
        """Return the value that the counts give."""
        return self._conclude(sums)
