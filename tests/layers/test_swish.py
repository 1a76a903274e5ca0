from __future__ import annotations

import math

import pytest
import torch

from protonet.layers.record import Blob
from protonet.layers.swish import SWISH
from tests.layers.building import gradient, numbers, refusal, top_of


def sigmoid(number: float) -> float:
    return 1 / (1 + math.exp(-number))


@pytest.mark.parametrize("beta", [1, 2, 0, -0.5])
def test_each_number_is_multiplied_by_its_sigmoid(beta: float) -> None:
    expected = [-2 * sigmoid(-2 * beta), 0, 3 * sigmoid(3 * beta)]
    top = top_of(SWISH, numbers(-2.0, 0.0, 3.0), beta=beta)
    assert top.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("beta", [1, 2])
def test_the_gradient_has_two_parts(beta: float) -> None:
    bottom = numbers(3.0)
    share = sigmoid(3 * beta)
    expected = share + 3 * beta * share * (1 - share)
    assert gradient(top_of(SWISH, bottom, beta=beta), bottom).tolist() == pytest.approx([expected])


def test_refuses_whole_numbers() -> None:
    assert refusal(SWISH, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
