from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.fillers import constant
from protonet.layers.bias import BIAS, BiasParams
from protonet.layers.record import Blob
from tests.layers.building import build, complaints, numbers, refusal, top_of

BOTTOM = numbers([1.0, 2.0], [3.0, 4.0])


@pytest.mark.parametrize(
    ("keys", "bias", "expected"),
    [
        ({}, [10.0, 100.0], [[11, 102], [13, 104]]),
        ({"axis": 0}, [10.0, 100.0], [[11, 12], [103, 104]]),
        ({"axis": 0, "num_axes": -1}, [[1.0, 2.0], [3.0, 4.0]], [[2, 4], [6, 8]]),
        ({"num_axes": 0, "axis": 7}, 10.0, [[11, 12], [13, 14]]),  # a single bias has no axis
    ],
)
def test_biases_differ_along_the_axes_given(
    keys: dict[str, Any], bias: Any, expected: list[list[float]]
) -> None:
    module = build(BIAS, BOTTOM, **keys)
    module.load_state_dict({"bias": torch.tensor(bias)})
    assert module(BOTTOM).tolist() == expected


def test_a_second_bottom_gives_the_biases() -> None:
    biases = numbers(10.0, 100.0)
    assert not [*build(BIAS, BOTTOM, biases).parameters()]
    assert top_of(BIAS, BOTTOM, biases).tolist() == [[11, 102], [13, 104]]
    assert top_of(BIAS, BOTTOM, biases, axis=0).tolist() == [[11, 12], [103, 104]]


def test_both_bottoms_get_a_gradient() -> None:
    biases = numbers(10.0, 100.0)
    slopes = torch.autograd.grad(top_of(BIAS, BOTTOM, biases).sum(), [BOTTOM, biases])
    assert [slope.tolist() for slope in slopes] == [[[1, 1], [1, 1]], [2, 2]]


def test_biases_start_at_zero() -> None:
    assert BIAS.fillers(BiasParams()) == {"bias": constant(0)}


def test_refuses_more_axes_than_are_left() -> None:
    assert refusal(BIAS, Blob((2, 3, 4)), axis=1, num_axes=3) == (
        "num_axes 3 from axis 1 on exceeds the axes of (2, 3, 4)",
        "2 are left; -1 takes them all",
    )


def test_refuses_biases_that_do_not_match() -> None:
    assert refusal(BIAS, Blob((2, 3, 4)), Blob((4,))) == (
        "biases of shape (4) do not match the bottom (2, 3, 4) from axis 1 on",
        "each of their axes is as long as that of the first bottom",
    )


def test_refuses_a_negative_number_of_axes() -> None:
    ((where, kind, _, _),) = complaints(BiasParams, num_axes=-2)
    assert (where, kind) == ("num_axes", "greater_than_equal")


def test_refuses_whole_numbers() -> None:
    assert refusal(BIAS, Blob((2, 3), torch.int64)) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )
