from __future__ import annotations

import math

import pytest
import torch

from protonet.layers.record import Blob
from protonet.layers.softmax import SOFTMAX
from tests.layers.building import gradient, numbers, refusal, top_of

LOG3 = math.log(3)


def test_scores_become_probabilities() -> None:
    # exp: 1 and 3, sum 4
    top = top_of(SOFTMAX, numbers([0.0, LOG3], [5.0, 5.0]))
    assert top.tolist() == [pytest.approx([0.25, 0.75]), pytest.approx([0.5, 0.5])]


@pytest.mark.parametrize(
    ("axis", "sums"),
    [(0, [[1, 1], [1, 1], [1, 1]]), (1, [[1, 1], [1, 1]]), (-1, [[1, 1, 1], [1, 1, 1]])],
)
def test_they_sum_to_one_along_the_axis(axis: int, sums: list[list[float]]) -> None:
    top = top_of(SOFTMAX, torch.randn(2, 3, 2), axis=axis)
    torch.testing.assert_close(top.sum(axis), torch.tensor(sums, dtype=torch.float32))


def test_large_scores_do_not_overflow() -> None:
    assert top_of(SOFTMAX, numbers([1000.0, 0.0])).tolist() == [[1, 0]]


def test_the_gradient_of_one_probability() -> None:
    bottom = numbers([0.0, LOG3])
    # d p0 / d x0 = p0 (1 - p0) = 3/16, d p0 / d x1 = -p0 p1 = -3/16
    found = gradient(top_of(SOFTMAX, bottom)[:, 0], bottom)
    assert found[0].tolist() == pytest.approx([0.1875, -0.1875])


def test_refuses_an_axis_that_does_not_exist() -> None:
    assert refusal(SOFTMAX, Blob((2, 3)), axis=2) == (
        "axis 2 does not exist in a bottom of shape (2, 3)",
        "its axes are 0 to 1, or -2 to -1 counted from the end",
    )


def test_refuses_whole_numbers() -> None:
    assert refusal(SOFTMAX, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
