from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.layers.arg_max import ARG_MAX
from protonet.layers.record import Blob
from tests.layers.building import numbers, refusal, top_of

BOTTOM = numbers([0.5, 3.0, -1.0], [2.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, [[[1]], [[1]]]),  # of equal numbers the last
        ({"top_k": 2}, [[[1, 0]], [[1, 0]]]),
        ({"top_k": 3}, [[[1, 0, 2]], [[1, 0, 2]]]),
        ({"top_k": 2, "out_max_val": True}, [[[1, 0], [3, 0.5]], [[1, 0], [2, 2]]]),
        ({"axis": 1}, [[1], [1]]),
        ({"axis": -1, "top_k": 2}, [[1, 0], [1, 0]]),
        ({"axis": 0}, [[1, 0, 1]]),
        ({"axis": 0, "top_k": 2, "out_max_val": True}, [[2, 3, 1], [0.5, 2, -1]]),
    ],
)
def test_the_largest_numbers_are_found(keys: dict[str, Any], expected: Any) -> None:
    assert top_of(ARG_MAX, BOTTOM, **keys).tolist() == expected


def test_an_image_is_looked_through_as_a_whole() -> None:
    image = torch.zeros(1, 2, 2, 2)
    image[0, 1, 0, 1] = 1
    top = top_of(ARG_MAX, image)
    assert top.shape == (1, 1, 1, 1)
    assert top.item() == 4 + 1


def test_a_sample_of_one_number_has_it_as_its_largest() -> None:
    top = top_of(ARG_MAX, numbers(5.0, 7.0), out_max_val=True)
    assert top.tolist() == [[[0], [5]], [[0], [7]]]


def test_it_has_no_gradient() -> None:
    assert not top_of(ARG_MAX, BOTTOM, out_max_val=True).requires_grad


def test_a_large_index_is_exact_where_the_bottom_is_coarse() -> None:
    bottom = torch.zeros(1, 1000, dtype=torch.bfloat16)
    bottom[0, 777] = 1
    assert top_of(ARG_MAX, bottom).item() == 777


def test_refuses_more_than_there_are() -> None:
    assert refusal(ARG_MAX, Blob((2, 3, 4)), top_k=13) == (
        "top_k 13 exceeds the 12 numbers of a sample of (2, 3, 4)",
        "",
    )
    assert refusal(ARG_MAX, Blob((2, 3, 4)), top_k=5, axis=-1) == (
        "top_k 5 exceeds the 4 numbers of axis 2 of (2, 3, 4)",
        "",
    )


def test_refuses_a_single_number() -> None:
    assert refusal(ARG_MAX, Blob(())) == (
        "bottom 0 is a single number, without an axis of samples",
        "the largest number of each sample is looked for",
    )


def test_refuses_an_axis_that_does_not_exist() -> None:
    assert refusal(ARG_MAX, Blob((2, 3)), axis=2) == (
        "axis 2 does not exist in a bottom of shape (2, 3)",
        "its axes are 0 to 1, or -2 to -1 counted from the end",
    )


def test_refuses_whole_numbers() -> None:
    assert refusal(ARG_MAX, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
