from __future__ import annotations

import torch
from torch import nn

from protonet.layers.probabilities import WithProbabilities


class Sum(nn.Module):
    """Adds the scores, weighed."""

    def forward(self, scores: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return (scores * weights).sum()

    def measure(
        self, scores: torch.Tensor, weights: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return (scores * weights).sum(), weights.sum()


def test_the_second_top_is_the_softmax_and_gives_no_gradient() -> None:
    scores = torch.tensor([[0.0, 2.0**0.5], [1.0, 1.0]], requires_grad=True)
    weights = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    loss, probabilities = WithProbabilities(Sum(), 1)(scores, weights)
    torch.testing.assert_close(loss, torch.tensor(2 * 2.0**0.5 + 7))
    assert probabilities[1].tolist() == [0.5, 0.5]
    assert not probabilities.requires_grad
    loss.backward()
    assert scores.grad is not None
    assert torch.equal(scores.grad, weights)


def test_only_the_loss_is_measured() -> None:
    ones = torch.ones(2, 2)
    assert WithProbabilities(Sum(), 1).measure(ones, ones) == (4, 4)
