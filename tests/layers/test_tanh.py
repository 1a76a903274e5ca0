from __future__ import annotations

import math

import pytest
import torch

from protonet.layers.record import Blob
from protonet.layers.tanh import TANH
from tests.layers.building import gradient, numbers, refusal, top_of


def test_numbers_are_squeezed_between_minus_one_and_one() -> None:
    # tanh(ln 2) = (2 - 1/2) / (2 + 1/2) = 3/5
    top = top_of(TANH, numbers(0.0, math.log(2), -math.log(2), 1000.0))
    assert top.tolist() == pytest.approx([0, 0.6, -0.6, 1])


def test_the_gradient_is_one_minus_the_square() -> None:
    bottom = numbers(0.0, math.log(2), 1000.0)
    # 1 - 0, 1 - 0.36, 1 - 1
    assert gradient(top_of(TANH, bottom), bottom).tolist() == pytest.approx([1, 0.64, 0])


def test_refuses_whole_numbers() -> None:
    assert refusal(TANH, Blob((2,), torch.int32)) == (
        "bottom 0 holds int32, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
