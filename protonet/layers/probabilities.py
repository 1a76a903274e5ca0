"""The softmax as the second top of a loss that takes scores."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class WithProbabilities(nn.Module):
    """A loss with a second top, the softmax itself; no gradient flows back from it, as in Caffe.

    Args:
        loss: the loss, whose first bottom is the scores.
        axis: the scores' class axis.
    """

    def __init__(self, loss: nn.Module, axis: int) -> None:
        super().__init__()
        self.loss, self.axis = loss, axis

    def forward(
        self, scores: torch.Tensor, *others: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss, (), and the probabilities, shaped as the scores."""
        return self.loss(scores, *others), torch.softmax(scores.detach(), self.axis)

    def measure(self, *bottoms: torch.Tensor) -> Any:
        """Return the loss's numerator and denominator; probabilities are no measurement."""
        return self.loss.measure(*bottoms)  # type: ignore[operator]  # the Measure protocol
