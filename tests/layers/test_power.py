from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from protonet.layers.power import POWER, PowerParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, gradient, numbers, refusal, top_of


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, [1, 2]),
        ({"scale": -2.5, "shift": 0.5}, [0.5 - 2.5, 0.5 - 5]),
        ({"power": 2}, [1, 4]),
        ({"power": 2, "scale": 0.5, "shift": 1}, [1.5**2, 2**2]),
        ({"power": -1, "shift": 1}, [1 / 2, 1 / 3]),
        ({"power": 0.5, "scale": 2}, [math.sqrt(2), 2]),
        ({"power": 0}, [1, 1]),
        ({"power": 3, "scale": 0, "shift": 2}, [8, 8]),
    ],
)
def test_numbers_are_scaled_shifted_and_raised(
    keys: dict[str, float], expected: list[float]
) -> None:
    assert top_of(POWER, numbers(1.0, 2.0), **keys).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("keys", "slope"),
    [
        ({"scale": -2.5}, -2.5),
        ({"power": 2, "scale": 0.5, "shift": 1}, 2 * 0.5 * (1 + 0.5 * 3)),
        ({"power": 0}, 0),
        ({"power": 2, "scale": 0, "shift": 3}, 0),
    ],
)
def test_the_gradient_is_that_of_the_power(keys: dict[str, float], slope: float) -> None:
    bottom = numbers(3.0)
    assert gradient(top_of(POWER, bottom, **keys), bottom).tolist() == pytest.approx([slope])


def test_a_constant_does_not_depend_on_what_is_no_number() -> None:
    bottom = numbers(math.nan, math.inf)
    top = top_of(POWER, bottom, scale=0, shift=2)
    assert top.tolist() == [2, 2]
    assert gradient(top, bottom).tolist() == [0, 0]


def test_the_gradient_where_the_sum_is_zero_is_the_mathematical_one() -> None:
    bottom = numbers(0.0)
    assert gradient(top_of(POWER, bottom, power=3), bottom).tolist() == [0]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"power": -1, "scale": 0}, "0 to the power -1"),
        ({"power": 0.5, "scale": 0, "shift": -4}, "-4 to the power 0.5"),
        ({"power": 1000, "scale": 0, "shift": 10}, "10 to the power 1000"),
    ],
)
def test_refuses_a_constant_that_is_no_number(keys: dict[str, Any], why: str) -> None:
    assert complaints(PowerParams, **keys) == [
        (
            "",
            "PN013",
            f"with scale 0 every number becomes {why}, which is none",
            "scale is seldom 0",
        )
    ]


def test_refuses_whole_numbers() -> None:
    assert refusal(POWER, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
