from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.layers.record import Blob
from protonet.layers.reshape import RESHAPE, ReshapeParams
from tests.layers.building import build, complaints, gradient, numbers, refusal, top_of


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"shape": [0, -1]}, (2, 24)),
        ({"shape": {"dim": [0, -1]}}, (2, 24)),
        ({"shape": [6, 8]}, (6, 8)),
        ({"shape": [0, 2, 0, -1]}, (2, 2, 4, 3)),
        ({"shape": [-1]}, (48,)),
        ({"shape": [2, 2], "axis": 2, "num_axes": 1}, (2, 3, 2, 2, 2)),
        ({"shape": [8], "axis": 2}, (2, 3, 8)),
        ({"shape": [8], "axis": -3}, (2, 3, 8)),  # -1 is behind the last axis, so -3 is axis 2
        ({"shape": [1], "axis": -1}, (2, 3, 4, 2, 1)),
        ({"shape": [1], "axis": 1, "num_axes": 0}, (2, 1, 3, 4, 2)),
        ({"shape": [], "axis": 4}, (2, 3, 4, 2)),
        ({"shape": [0, -1], "axis": 1}, (2, 3, 8)),
    ],
)
def test_axes_are_replaced(keys: dict[str, Any], expected: tuple[int, ...]) -> None:
    bottom = torch.arange(48.0).view(2, 3, 4, 2)
    top = top_of(RESHAPE, bottom, **keys)
    assert top.shape == expected
    assert torch.equal(top.flatten(), bottom.flatten())


def test_the_gradient_has_the_shape_of_the_bottom() -> None:
    bottom = numbers([1.0, 2.0], [3.0, 4.0])
    top = top_of(RESHAPE, bottom, shape=[4]) * torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert gradient(top, bottom).tolist() == [[1, 2], [3, 4]]


def test_a_batch_of_another_size_is_taken_where_none_is_written() -> None:
    module = build(RESHAPE, torch.zeros(2, 6), shape=[3, 2], axis=1)
    assert module(torch.zeros(5, 6)).shape == (5, 3, 2)


@pytest.mark.parametrize(
    ("keys", "why", "hint"),
    [
        (
            {"shape": [5, 5]},
            "shape [5, 5] holds 25 numbers and replaces 24",
            "the axes that are replaced hold 2 * 3 * 4 = 24",
        ),
        (
            {"shape": [5, -1], "axis": 1},
            "shape [5, -1]: the -1 would be 12 / 5, which leaves 2",
            "the axes that are replaced hold 3 * 4 = 12",
        ),
        (
            {"shape": [2], "axis": -1},
            "shape [2] holds 2 numbers and replaces 1",
            "the axes that are replaced hold 1 = 1",
        ),
        (
            {"shape": [6, 4, 1, 0]},
            "the 0 at place 3 of shape copies axis 3 of (2, 3, 4), which has 3 axes",
            "-1 stands for what is left",
        ),
        (
            {"shape": [1], "axis": 4},
            "axis 4 does not exist in a bottom of shape (2, 3, 4)",
            "new axes begin at 0 to 3, or -4 to -1 counted from behind the last",
        ),
        (
            {"shape": [1], "axis": -5},
            "axis -5 does not exist in a bottom of shape (2, 3, 4)",
            "new axes begin at 0 to 3, or -4 to -1 counted from behind the last",
        ),
        (
            {"shape": [1], "axis": 2, "num_axes": 2},
            "num_axes 2 from axis 2 on exceeds the axes of (2, 3, 4)",
            "1 are left; -1 takes them all",
        ),
    ],
)
def test_refuses_what_does_not_fit(keys: dict[str, Any], why: str, hint: str) -> None:
    assert refusal(RESHAPE, Blob((2, 3, 4)), **keys) == (why, hint)


def test_refuses_two_sizes_that_follow_from_the_others() -> None:
    assert complaints(ReshapeParams, shape=[-1, 2, -1]) == [
        ("", "PN013", "shape has 2 sizes of -1", "one at most can follow from the others")
    ]


def test_refuses_sizes_below_minus_one() -> None:
    ((where, kind, _, _),) = complaints(ReshapeParams, shape=[2, -2])
    assert (where, kind) == ("shape.1", "greater_than_equal")
