from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from protonet.layers.mean_squared_error import MEAN_SQUARED_ERROR
from protonet.layers.record import Blob
from tests.layers.building import build, measured, numbers, refusal, top_of

PREDICTIONS = numbers([1.0, 2.0], [3.0, -4.0])
TARGETS = torch.tensor([[1, 0], [4, 1]])
TOTAL = 0 + 4 + 1 + 25


def test_the_mean_square_and_its_root() -> None:
    assert top_of(MEAN_SQUARED_ERROR, PREDICTIONS, TARGETS).item() == TOTAL / 4
    root = top_of(MEAN_SQUARED_ERROR, PREDICTIONS, TARGETS, root=True)
    assert root.item() == pytest.approx(math.sqrt(TOTAL / 4))


def test_the_root_is_taken_of_the_sums_of_all_batches() -> None:
    parts = [
        measured(MEAN_SQUARED_ERROR, PREDICTIONS[part], TARGETS[part], root=True)
        for part in (slice(0, 1), slice(1, 2))
    ]
    module: Any = build(MEAN_SQUARED_ERROR, PREDICTIONS, TARGETS, root=True)
    assert module.conclude(parts[0] + parts[1]).item() == pytest.approx(math.sqrt(TOTAL / 4))


def test_less_is_better() -> None:
    assert not MEAN_SQUARED_ERROR.larger_is_better


def test_refuses_targets_that_are_not_one_per_prediction() -> None:
    assert refusal(MEAN_SQUARED_ERROR, Blob((2, 3)), Blob((2,))) == (
        "bottom 1 of shape (2) has not one number for each of bottom 0, (2, 3)",
        "give targets of shape (2, 3)",
    )
