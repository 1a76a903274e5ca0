from __future__ import annotations

import pytest
import torch

from protonet.layers.concat import CONCAT, ConcatParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, gradient, numbers, refusal, top_of


def test_bottoms_follow_each_other_along_the_channels() -> None:
    top = top_of(CONCAT, numbers([1.0], [2.0]), numbers([3.0, 4.0], [5.0, 6.0]))
    assert top.tolist() == [[1, 3, 4], [2, 5, 6]]


@pytest.mark.parametrize(
    ("keys", "shape"),
    [
        ({"axis": 0}, (6, 3, 4)),
        ({"axis": -1}, (2, 3, 12)),
        ({"concat_dim": 2}, (2, 3, 12)),
        ({"concat_dim": 0}, (6, 3, 4)),
        ({}, (2, 9, 4)),
    ],
)
def test_they_join_along_any_axis(keys: dict[str, int], shape: tuple[int, ...]) -> None:
    bottoms = [torch.randn(2, 3, 4) for _ in range(3)]
    assert top_of(CONCAT, *bottoms, **keys).shape == shape


def test_one_bottom_is_itself() -> None:
    bottom = torch.randn(2, 3)
    assert torch.equal(top_of(CONCAT, bottom), bottom)


def test_whole_numbers_are_joined_too() -> None:
    top = top_of(CONCAT, torch.zeros(2, 1, dtype=torch.int64), torch.ones(2, 1, dtype=torch.int64))
    assert top.tolist() == [[0, 1], [0, 1]]


def test_each_bottom_gets_its_part_of_the_gradient() -> None:
    first, second = numbers([1.0], [2.0]), numbers([3.0, 4.0], [5.0, 6.0])
    weights = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

    top = top_of(CONCAT, first, second) * weights

    assert gradient(top, first).tolist() == [[1], [4]]
    assert gradient(top, second).tolist() == [[2, 3], [5, 6]]


@pytest.mark.parametrize("shape", [(2, 3, 5), (3, 3, 4), (2, 3), (2, 3, 4, 1)])
def test_refuses_bottoms_that_differ_elsewhere(shape: tuple[int, ...]) -> None:
    first, second = Blob((2, 3, 4)), Blob(shape)
    assert refusal(CONCAT, first, first, second) == (
        f"bottom 2 of shape {second} cannot follow bottom 0 of shape (2, 3, 4) along axis 1",
        "all other axes must have equal lengths",
    )


def test_refuses_a_bottom_that_has_no_such_axis() -> None:
    assert refusal(CONCAT, Blob((2, 3, 4)), Blob((2, 3)), axis=2) == (
        "bottom 1 of shape (2, 3) cannot follow bottom 0 of shape (2, 3, 4) along axis 2",
        "all other axes must have equal lengths",
    )


def test_refuses_bottoms_of_different_types() -> None:
    assert refusal(CONCAT, Blob((2, 3)), Blob((2, 3), torch.int64)) == (
        "bottom 1 holds int64, bottom 0 holds float32",
        "the bottoms of this layer have one element type",
    )


@pytest.mark.parametrize("key", ["axis", "concat_dim"])
def test_refuses_an_axis_that_does_not_exist(key: str) -> None:
    assert refusal(CONCAT, Blob((2, 3)), **{key: 2}) == (
        f"{key} 2 does not exist in a bottom of shape (2, 3)",
        "its axes are 0 to 1, or -2 to -1 counted from the end",
    )


def test_refuses_both_words_for_the_axis() -> None:
    assert complaints(ConcatParams, axis=1, concat_dim=1) == [
        ("", "PN015", "axis and concat_dim say the same thing", "keep axis")
    ]


def test_refuses_a_negative_concat_dim() -> None:
    ((where, kind, _, _),) = complaints(ConcatParams, concat_dim=-1)
    assert (where, kind) == ("concat_dim", "greater_than_equal")
