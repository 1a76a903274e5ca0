from __future__ import annotations

import math

import pytest
import torch

from protonet.layers.log import LOG, LogParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, gradient, numbers, refusal, top_of


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, [0, math.log(4)]),
        ({"base": 2}, [0, 2]),
        ({"base": 10, "scale": 30, "shift": -20}, [1, 2]),  # log10(30 x - 20)
        ({"shift": 1}, [math.log(2), math.log(5)]),
    ],
)
def test_the_logarithm_of_each_number_is_taken(
    keys: dict[str, float], expected: list[float]
) -> None:
    assert top_of(LOG, numbers(1.0, 4.0), **keys).tolist() == pytest.approx(expected)


def test_there_is_none_below_zero() -> None:
    zero, below = top_of(LOG, numbers(0.0, -1.0)).tolist()
    assert zero == -math.inf
    assert math.isnan(below)


def test_the_gradient_has_the_scale_and_the_logarithm_of_the_base() -> None:
    bottom = numbers(4.0)
    top = top_of(LOG, bottom, base=2, scale=3, shift=1)
    assert gradient(top, bottom).tolist() == pytest.approx([3 / 13 / math.log(2)])


@pytest.mark.parametrize("base", [0, 1, -2])
def test_refuses_a_base_without_logarithms(base: int) -> None:
    assert complaints(LogParams, base=base) == [
        (
            "",
            "PN013",
            f"there is no logarithm to the base {base}",
            "a base is above 0 and not 1; -1 stands for e",
        )
    ]


def test_refuses_whole_numbers() -> None:
    assert refusal(LOG, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
