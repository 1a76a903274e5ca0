from __future__ import annotations

import torch

from protonet.layers.record import Blob
from protonet.layers.relu import RELU, ReLUParams
from tests.layers.building import complaints, gradient, numbers, refusal, top_of


def test_negative_numbers_become_zero() -> None:
    assert top_of(RELU, numbers(-2.0, 0.0, 3.0)).tolist() == [0, 0, 3]


def test_negative_numbers_shrink_by_the_slope() -> None:
    top = top_of(RELU, numbers(-2.0, 0.0, 3.0), negative_slope=0.25)
    assert top.tolist() == [-0.5, 0, 3]


def test_the_gradient_at_zero_is_the_slope() -> None:
    bottom = numbers(-2.0, 0.0, 3.0)
    assert gradient(top_of(RELU, bottom), bottom).tolist() == [0, 0, 1]
    top = top_of(RELU, bottom, negative_slope=0.25)
    assert gradient(top, bottom).tolist() == [0.25, 0.25, 1]


def test_a_negative_slope_below_zero_gives_a_valley() -> None:
    assert top_of(RELU, numbers(-2.0, 3.0), negative_slope=-1).tolist() == [2, 3]


def test_the_bottom_is_left_as_it_was() -> None:
    bottom = numbers(-2.0, 3.0)
    top_of(RELU, bottom)
    assert bottom.tolist() == [-2, 3]


def test_refuses_whole_numbers() -> None:
    assert refusal(RELU, Blob((2, 3), torch.uint8)) == (
        "bottom 0 holds uint8, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )


def test_refuses_a_slope_that_is_no_number() -> None:
    assert complaints(ReLUParams, negative_slope="0.1") == [
        ("negative_slope", "float_type", "a number is needed", "")
    ]
