from __future__ import annotations

import torch

from protonet.layers.record import Blob
from protonet.layers.relu6 import RELU6
from tests.layers.building import gradient, numbers, refusal, top_of


def test_numbers_are_held_between_zero_and_six() -> None:
    assert top_of(RELU6, numbers(-2.0, 0.0, 3.0, 6.0, 7.0)).tolist() == [0, 0, 3, 6, 6]


def test_no_gradient_passes_at_the_bounds() -> None:
    bottom = numbers(-2.0, 0.0, 3.0, 6.0, 7.0)
    assert gradient(top_of(RELU6, bottom), bottom).tolist() == [0, 0, 1, 0, 0]


def test_refuses_whole_numbers() -> None:
    assert refusal(RELU6, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
