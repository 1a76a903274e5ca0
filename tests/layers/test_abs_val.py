from __future__ import annotations

import torch

from protonet.layers.abs_val import ABS_VAL
from protonet.layers.record import Blob
from tests.layers.building import gradient, numbers, refusal, top_of


def test_signs_are_lost() -> None:
    assert top_of(ABS_VAL, numbers(-2.0, 0.0, 3.0)).tolist() == [2, 0, 3]


def test_the_gradient_is_the_sign_and_zero_at_zero() -> None:
    bottom = numbers(-2.0, 0.0, 3.0)
    assert gradient(top_of(ABS_VAL, bottom), bottom).tolist() == [-1, 0, 1]


def test_refuses_whole_numbers() -> None:
    assert refusal(ABS_VAL, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
