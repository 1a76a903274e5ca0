from __future__ import annotations

import math

import pytest
import torch

from protonet.layers.bnll import BNLL
from protonet.layers.record import Blob
from tests.layers.building import gradient, numbers, refusal, top_of


def test_it_is_the_logarithm_of_one_plus_the_exponential() -> None:
    top = top_of(BNLL, numbers(-100.0, -1.0, 0.0, 2.0, 40.0, 100.0))
    expected = [0, math.log(1 + 1 / math.e), math.log(2), math.log(1 + math.e**2), 40, 100]
    assert top.tolist() == pytest.approx(expected)


def test_the_gradient_is_the_sigmoid() -> None:
    bottom = numbers(-1.0, 0.0, 2.0, 100.0)
    expected = [1 / (1 + math.e), 0.5, 1 / (1 + math.exp(-2)), 1]
    assert gradient(top_of(BNLL, bottom), bottom).tolist() == pytest.approx(expected)


def test_refuses_whole_numbers() -> None:
    assert refusal(BNLL, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
