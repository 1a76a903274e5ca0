from __future__ import annotations

import pytest
import torch

from protonet.layers.euclidean_loss import EUCLIDEAN_LOSS
from protonet.layers.record import Blob
from tests.layers.building import gradient, measured, numbers, refusal, top_of

VALUES = [[1.0, 2.0], [3.0, 5.0]]
GOALS = [[0.0, 2.0], [1.0, 6.0]]


def test_half_the_mean_squared_distance_of_the_samples() -> None:
    # (1 + 0 + 4 + 1) / (2 * 2)
    assert top_of(EUCLIDEAN_LOSS, numbers(*VALUES), numbers(*GOALS)).item() == 1.5


def test_both_bottoms_get_a_gradient() -> None:
    values, goals = numbers(*VALUES), numbers(*GOALS)
    loss = top_of(EUCLIDEAN_LOSS, values, goals)
    # (value - goal) / N, and its negative
    assert gradient(loss, values).tolist() == [[0.5, 0], [1, -0.5]]
    assert gradient(loss, goals).tolist() == [[-0.5, 0], [-1, 0.5]]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.float64])
def test_targets_may_be_numbers_of_any_type(dtype: torch.dtype) -> None:
    goals = torch.tensor(GOALS, dtype=dtype)
    assert top_of(EUCLIDEAN_LOSS, numbers(*VALUES), goals).item() == 1.5


def test_targets_may_be_shaped_otherwise() -> None:
    goals = torch.tensor(GOALS).reshape(2, 2, 1, 1)
    assert top_of(EUCLIDEAN_LOSS, numbers(*VALUES), goals).item() == 1.5
    assert top_of(EUCLIDEAN_LOSS, numbers(1.0, 3.0), torch.tensor([[0.0], [1.0]])).item() == 1.25


def test_batches_of_any_size_add_up() -> None:
    values, goals = torch.tensor([[1.0], [2.0], [6.0]]), torch.zeros(3, 1)

    sums, counts = zip(
        measured(EUCLIDEAN_LOSS, values[:1], goals[:1]),
        measured(EUCLIDEAN_LOSS, values[1:], goals[1:]),
        strict=True,
    )

    assert [float(part) for part in sums] == [0.5, 20]  # 1 / 2 and (4 + 36) / 2
    assert [int(part) for part in counts] == [1, 2]


def test_refuses_targets_that_are_not_one_per_value() -> None:
    assert refusal(EUCLIDEAN_LOSS, Blob((2, 3)), Blob((2, 4))) == (
        "bottom 1 of shape (2, 4) has not one number for each of bottom 0, (2, 3)",
        "give targets of shape (2, 3)",
    )


def test_refuses_swapped_bottoms() -> None:
    assert refusal(EUCLIDEAN_LOSS, Blob((2,), torch.int64), Blob((2,))) == (
        "bottom 0 holds int64, but scores are floating-point numbers",
        "the scores come first and the targets second: bottom: [scores, targets]",
    )


def test_refuses_a_single_number() -> None:
    assert refusal(EUCLIDEAN_LOSS, Blob(()), Blob(())) == (
        "bottom 0 is a single number, without an axis of samples",
        "the loss is divided by the length of the first axis",
    )


def test_nothing_takes_its_place_in_deployment() -> None:
    assert EUCLIDEAN_LOSS.deploy is not None
    assert EUCLIDEAN_LOSS.deploy(EUCLIDEAN_LOSS.params()) is None
