from __future__ import annotations

import torch

from protonet.layers.l1_loss import L1_LOSS
from protonet.layers.record import Blob
from tests.layers.building import gradient, measured, numbers, refusal, top_of

VALUES = [[1.0, 2.0], [3.0, 5.0]]
GOALS = [[0.0, 2.0], [1.0, 6.0]]


def test_the_absolute_differences_divided_by_the_samples() -> None:
    # (1 + 0 + 2 + 1) / 2
    assert top_of(L1_LOSS, numbers(*VALUES), numbers(*GOALS)).item() == 2


def test_both_bottoms_get_a_gradient_and_equals_none() -> None:
    values, goals = numbers(*VALUES), numbers(*GOALS)
    loss = top_of(L1_LOSS, values, goals)
    assert gradient(loss, values).tolist() == [[0.5, 0], [0.5, -0.5]]
    assert gradient(loss, goals).tolist() == [[-0.5, 0], [-0.5, 0.5]]


def test_targets_may_be_whole_numbers_shaped_otherwise() -> None:
    goals = torch.tensor(GOALS, dtype=torch.int64).reshape(2, 2, 1)
    assert top_of(L1_LOSS, numbers(*VALUES), goals).item() == 2


def test_batches_of_any_size_add_up() -> None:
    above, below = measured(L1_LOSS, numbers(*VALUES), numbers(*GOALS))
    assert (above.item(), below.item()) == (4, 2)


def test_refuses_targets_that_are_not_one_per_value() -> None:
    assert refusal(L1_LOSS, Blob((2, 3)), Blob((2, 4))) == (
        "bottom 1 of shape (2, 4) has not one number for each of bottom 0, (2, 3)",
        "give targets of shape (2, 3)",
    )
