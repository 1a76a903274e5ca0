"""Sizes that follow from the bottoms, and numbers of axes."""

from __future__ import annotations

import pytest

from protonet.errors import ShapeError
from protonet.layers.record import Blob
from protonet.layers.torch_nn.follows import check_rank, filled, follows, is_flexible

BOTTOMS = [Blob((2, 3, 5)), Blob((2, 7)), Blob((2, 9))]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("in_channels", 3),
        ("num_features", 3),
        ("num_channels", 3),
        ("in_features", 5),
        ("input_size", 5),
        ("embed_dim", 5),
        ("d_model", 5),
        ("in2_features", 7),
        ("kdim", 7),
        ("vdim", 9),
        ("normalized_shape", 5),
    ],
)
def test_a_size_follows_from_an_axis(name: str, expected: int) -> None:
    assert filled(name, None, BOTTOMS) == expected
    assert filled(name, expected, BOTTOMS) == expected


def test_other_arguments_stay_as_given() -> None:
    assert filled("out_channels", 4, BOTTOMS) == 4
    assert follows("out_channels") == ""
    assert follows("in_features") == "the length of the last axis of bottom 0"


def test_another_size_than_the_bottoms_is_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        filled("in_channels", 4, BOTTOMS)
    assert caught.value.why == "in_channels is 4, but the length of axis 1 of bottom 0 is 3"
    assert caught.value.hint == "leave in_channels out: it follows"


def test_the_axes_of_a_normalisation_may_be_others() -> None:
    assert is_flexible("normalized_shape")
    assert not is_flexible("in_channels")
    assert filled("normalized_shape", (3, 5), BOTTOMS) == (3, 5)


def test_a_bottom_without_the_axis_is_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        filled("in_channels", None, [Blob((2,))])
    assert caught.value.why == "bottom 0 of shape (2) has no axis 1"


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Conv1d", (2, 3, 4)),
        ("MaxPool2d", (2, 3, 4, 4)),
        ("BatchNorm1d", (2, 3)),
        ("BatchNorm1d", (2, 3, 4)),
        ("Linear", (2,)),
    ],
)
def test_bottoms_with_a_batch_axis_are_taken(name: str, shape: tuple[int, ...]) -> None:
    check_rank(name, [Blob(shape)])


def test_a_bottom_that_torch_would_read_as_one_sample_is_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        check_rank("MaxPool2d", [Blob((2, 3, 4))])
    assert caught.value.why == (
        "bottom 0 of shape (2, 3, 4) has 3 axes, and nn.MaxPool2d computes with 4: (N, C, H, W)"
    )
