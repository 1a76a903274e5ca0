from __future__ import annotations

import math

import pytest
import torch

from protonet.layers.exp import EXP, ExpParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, gradient, numbers, refusal, top_of


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, [1, math.e, math.e**2]),
        ({"base": 2}, [1, 2, 4]),
        ({"base": 2, "scale": 3, "shift": -1}, [0.5, 4, 32]),  # 2 ** (-1 + 3 x)
        ({"shift": 1}, [math.e, math.e**2, math.e**3]),
        ({"base": 1, "scale": 3}, [1, 1, 1]),
    ],
)
def test_a_base_is_raised_to_each_number(keys: dict[str, float], expected: list[float]) -> None:
    assert top_of(EXP, numbers(0.0, 1.0, 2.0), **keys).tolist() == pytest.approx(expected)


def test_the_gradient_has_the_scale_and_the_logarithm_of_the_base() -> None:
    bottom = numbers(1.0)
    top = top_of(EXP, bottom, base=2, scale=3, shift=-1)
    assert gradient(top, bottom).tolist() == pytest.approx([4 * 3 * math.log(2)])


@pytest.mark.parametrize("base", [0, -2])
def test_refuses_a_base_that_is_not_positive(base: int) -> None:
    assert complaints(ExpParams, base=base) == [
        ("", "PN013", f"base {base} is not above 0", "-1 stands for e")
    ]


def test_refuses_a_shift_that_no_number_holds_the_power_of() -> None:
    why = "base to the power of shift 1000 is too large for a number"
    assert complaints(ExpParams, shift=1000) == [("", "PN013", why, "use a smaller shift")]
    assert top_of(EXP, numbers(0.0), shift=-1000).tolist() == [0]


def test_refuses_whole_numbers() -> None:
    assert refusal(EXP, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
