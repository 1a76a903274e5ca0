from __future__ import annotations

import pytest
import torch

from protonet.layers.axpy import AXPY
from protonet.layers.record import Blob
from tests.layers.building import numbers, refusal, top_of

FACTORS = numbers([2.0, 10.0])
X = numbers([[1.0, 2.0], [3.0, 4.0]])
Y = numbers([[100.0, 200.0], [300.0, 400.0]])


@pytest.mark.parametrize("shape", [(1, 2), (1, 2, 1), (1, 2, 1, 1)])
def test_each_channel_is_multiplied_and_y_is_added(shape: tuple[int, ...]) -> None:
    # 2 * 1 + 100, 2 * 2 + 200; 10 * 3 + 300, 10 * 4 + 400
    assert top_of(AXPY, FACTORS.reshape(shape), X, Y).tolist() == [[[102, 204], [330, 440]]]


def test_all_three_get_a_gradient() -> None:
    slopes = torch.autograd.grad(top_of(AXPY, FACTORS, X, Y).sum(), [FACTORS, X, Y])
    assert [slope.tolist() for slope in slopes] == [
        [[1 + 2, 3 + 4]],
        [[[2, 2], [10, 10]]],
        [[[1, 1], [1, 1]]],
    ]


@pytest.mark.parametrize("shape", [(2, 4), (3, 3), (2, 3, 2, 1), (2,)])
def test_refuses_factors_that_are_not_one_per_channel(shape: tuple[int, ...]) -> None:
    assert refusal(AXPY, Blob(shape), Blob((2, 3, 4, 4)), Blob((2, 3, 4, 4))) == (
        f"factors of shape {Blob(shape)} are not one for each channel of bottom 1, (2, 3, 4, 4)",
        "bottom 0 holds the factors: (N, C) or (N, C, 1, 1)",
    )


def test_refuses_x_and_y_of_two_shapes() -> None:
    assert refusal(AXPY, Blob((2, 3)), Blob((2, 3, 4)), Blob((2, 3, 5))) == (
        "bottom 2 has the shape (2, 3, 5), bottom 1 has (2, 3, 4)",
        "Axpy adds bottoms 1 and 2, which have one shape",
    )


def test_refuses_whole_numbers() -> None:
    assert refusal(
        AXPY, Blob((2, 3), torch.int64), Blob((2, 3), torch.int64), Blob((2, 3), torch.int64)
    ) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
