from __future__ import annotations

import math

import pytest
import torch

from protonet.layers.record import Blob
from protonet.layers.sigmoid import SIGMOID
from tests.layers.building import gradient, numbers, refusal, top_of


def test_numbers_are_squeezed_between_zero_and_one() -> None:
    # exp(ln 3) = 3: 1 / (1 + 1/3) = 3/4 and 1 / (1 + 3) = 1/4
    top = top_of(SIGMOID, numbers(0.0, math.log(3), -math.log(3)))
    assert top.tolist() == pytest.approx([0.5, 0.75, 0.25])


def test_far_numbers_reach_the_ends_without_overflow() -> None:
    bottom = numbers(-1000.0, 1000.0)
    top = top_of(SIGMOID, bottom)
    assert top.tolist() == [0, 1]
    assert gradient(top, bottom).tolist() == [0, 0]


def test_the_gradient_is_the_top_times_what_it_lacks() -> None:
    bottom = numbers(0.0, math.log(3))
    # 1/2 * 1/2 and 3/4 * 1/4
    assert gradient(top_of(SIGMOID, bottom), bottom).tolist() == pytest.approx([0.25, 0.1875])


def test_refuses_whole_numbers() -> None:
    assert refusal(SIGMOID, Blob((2,), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
