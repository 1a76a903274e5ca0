from __future__ import annotations

import torch

from protonet.layers.mean_absolute_error import MEAN_ABSOLUTE_ERROR
from protonet.layers.record import Blob
from tests.layers.building import measured, numbers, refusal, top_of

PREDICTIONS = numbers([1.0, 2.0], [3.0, -4.0])
TARGETS = torch.tensor([[1, 0], [4, 1]])


def test_the_mean_distance() -> None:
    assert top_of(MEAN_ABSOLUTE_ERROR, PREDICTIONS, TARGETS).item() == (0 + 2 + 1 + 5) / 4


def test_batches_of_any_size_add_up() -> None:
    one = measured(MEAN_ABSOLUTE_ERROR, PREDICTIONS[:1], TARGETS[:1])
    rest = measured(MEAN_ABSOLUTE_ERROR, PREDICTIONS[1:], TARGETS[1:])
    assert [float(a + b) for a, b in zip(one, rest, strict=True)] == [8, 4]


def test_less_is_better() -> None:
    assert not MEAN_ABSOLUTE_ERROR.larger_is_better


def test_refuses_targets_that_are_not_one_per_prediction() -> None:
    assert refusal(MEAN_ABSOLUTE_ERROR, Blob((2, 3)), Blob((2,))) == (
        "bottom 1 of shape (2) has not one number for each of bottom 0, (2, 3)",
        "give targets of shape (2, 3)",
    )
