from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.errors import ShapeError
from protonet.layers.record import Blob, Setting
from protonet.layers.slice import SLICE, SliceParams
from tests.layers.building import complaints, numbers, tops_of

BOTTOM = numbers([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0])


def refused(tops: int, *shape: int, **keys: Any) -> tuple[str, str]:
    """Return why a bottom of this shape cannot be cut into so many."""
    with pytest.raises(ShapeError) as caught:
        SLICE.build(SliceParams(**keys), [Blob(shape)], Setting(tops=tops))
    return caught.value.why, caught.value.hint


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, [[[1, 2], [5, 6]], [[3, 4], [7, 8]]]),
        ({"axis": -1}, [[[1, 2], [5, 6]], [[3, 4], [7, 8]]]),
        ({"axis": 0}, [[[1, 2, 3, 4]], [[5, 6, 7, 8]]]),
        ({"slice_dim": 0}, [[[1, 2, 3, 4]], [[5, 6, 7, 8]]]),
        ({"slice_point": [1]}, [[[1], [5]], [[2, 3, 4], [6, 7, 8]]]),
        ({"slice_point": [1, 3]}, [[[1], [5]], [[2, 3], [6, 7]], [[4], [8]]]),
    ],
)
def test_the_bottom_is_cut_along_the_axis(keys: dict[str, Any], expected: list[Any]) -> None:
    tops = tops_of(SLICE, BOTTOM, tops=len(expected), **keys)
    assert [top.tolist() for top in tops] == expected


def test_one_top_is_the_whole_bottom() -> None:
    (top,) = tops_of(SLICE, BOTTOM)
    assert torch.equal(top, BOTTOM)


def test_each_part_sends_its_gradient_to_its_place() -> None:
    first, second = tops_of(SLICE, BOTTOM, tops=2, slice_point=[1])
    (slope,) = torch.autograd.grad(first.sum() + 10 * second.sum(), BOTTOM)
    assert slope.tolist() == [[1, 10, 10, 10]] * 2


def test_refuses_an_axis_that_cannot_be_cut_equally() -> None:
    assert refused(2, 4, 5) == (
        "axis 1 of (4, 5) cannot be cut into 2 equal tops: 5 / 2 leaves 1",
        "give slice_point where they are unequal",
    )


@pytest.mark.parametrize(
    ("tops", "why"),
    [
        (3, "slice_point has 1 numbers for 3 tops"),
        (1, "slice_point has 1 numbers for 1 top"),
    ],
)
def test_refuses_points_that_do_not_fit_the_tops(tops: int, why: str) -> None:
    assert refused(tops, 4, 5, slice_point=[2]) == (
        why,
        "give where each top but the first begins",
    )


def test_refuses_a_point_beyond_the_end() -> None:
    assert refused(2, 4, 5, slice_point=[5]) == (
        "slice_point 5 lies beyond the end of axis 1 of (4, 5)",
        "the last top begins at 4 at most",
    )


@pytest.mark.parametrize("key", ["axis", "slice_dim"])
def test_refuses_an_axis_that_does_not_exist(key: str) -> None:
    assert refused(2, 4, 5, **{key: 2}) == (
        f"{key} 2 does not exist in a bottom of shape (4, 5)",
        "its axes are 0 to 1, or -2 to -1 counted from the end",
    )


def test_refuses_points_that_do_not_rise() -> None:
    assert complaints(SliceParams, slice_point=[3, 3]) == [
        ("", "PN013", "slice_point 3 does not lie behind 3", "each top has at least one element")
    ]


def test_refuses_two_words_for_the_axis() -> None:
    assert complaints(SliceParams, axis=1, slice_dim=1) == [
        ("", "PN015", "axis and slice_dim say the same thing", "keep axis")
    ]
