from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.layers.record import Blob
from protonet.layers.reduction import REDUCTION
from tests.layers.building import gradient, numbers, refusal, top_of

BOTTOM = numbers([1.0, -2.0], [0.0, 4.0])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, 1 - 2 + 4),
        ({"axis": 1}, [1 - 2, 4]),
        ({"axis": -1, "coeff": 10}, [-10, 40]),
        ({"operation": "ASUM", "axis": 1}, [1 + 2, 4]),
        ({"operation": "SUMSQ", "axis": 1}, [1 + 4, 16]),
        ({"operation": "MEAN"}, 3 / 4),
        ({"operation": "MEAN", "axis": 1, "coeff": 3}, [-1.5, 6]),
    ],
)
def test_what_stands_behind_the_axes_before_becomes_one_number(
    keys: dict[str, Any], expected: Any
) -> None:
    assert top_of(REDUCTION, BOTTOM, **keys).tolist() == expected


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("SUM", [[3, 3], [3, 3]]),
        ("ASUM", [[3, -3], [0, 3]]),  # Caffe's sign of 0 is 0
        ("SUMSQ", [[6, -12], [0, 24]]),
        ("MEAN", [[1.5, 1.5], [1.5, 1.5]]),
    ],
)
def test_the_gradient_has_the_coefficient(operation: str, expected: Any) -> None:
    top = top_of(REDUCTION, BOTTOM, operation=operation, axis=1, coeff=3)
    assert gradient(top, BOTTOM).tolist() == expected


def test_refuses_an_axis_that_does_not_exist() -> None:
    assert refusal(REDUCTION, Blob((2, 3)), axis=2) == (
        "axis 2 does not exist in a bottom of shape (2, 3)",
        "its axes are 0 to 1, or -2 to -1 counted from the end",
    )


def test_refuses_whole_numbers() -> None:
    assert refusal(REDUCTION, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
