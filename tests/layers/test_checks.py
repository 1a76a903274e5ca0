from __future__ import annotations

import pytest
import torch

from protonet.errors import ShapeError
from protonet.layers.checks import (
    axis_index,
    check_floating,
    check_one_type,
    check_scores,
    check_targets,
)
from protonet.layers.record import Blob

WHOLE = Blob((2, 3), torch.int64)
REAL = Blob((2, 3))


@pytest.mark.parametrize(("axis", "index"), [(0, 0), (2, 2), (-1, 2), (-3, 0)])
def test_a_negative_axis_counts_from_the_end(axis: int, index: int) -> None:
    assert axis_index(axis, Blob((2, 3, 4))) == index


@pytest.mark.parametrize(
    ("axis", "shape", "why", "hint"),
    [
        (
            3,
            (2, 3, 4),
            "axis 3 does not exist in a bottom of shape (2, 3, 4)",
            "its axes are 0 to 2, or -3 to -1 counted from the end",
        ),
        (
            -4,
            (2, 3, 4),
            "axis -4 does not exist in a bottom of shape (2, 3, 4)",
            "its axes are 0 to 2, or -3 to -1 counted from the end",
        ),
        (
            0,
            (),
            "axis 0 does not exist in a bottom of shape ()",
            "a bottom without axes is a single number",
        ),
    ],
)
def test_refuses_an_axis_that_does_not_exist(
    axis: int, shape: tuple[int, ...], why: str, hint: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        axis_index(axis, Blob(shape))
    assert (caught.value.why, caught.value.hint) == (why, hint)


def test_the_key_is_named_as_the_user_knows_it() -> None:
    with pytest.raises(ShapeError) as caught:
        axis_index(9, REAL, "end_axis")
    assert caught.value.why == "end_axis 9 does not exist in a bottom of shape (2, 3)"


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_floating_point_bottoms_of_one_type_pass(dtype: torch.dtype) -> None:
    check_floating([Blob((2,), dtype), Blob((3,), dtype)])


def test_refuses_whole_numbers_to_compute_with() -> None:
    with pytest.raises(ShapeError) as caught:
        check_floating([WHOLE])
    assert (caught.value.why, caught.value.hint) == (
        "bottom 0 holds int64, and this layer computes with floating-point numbers",
        "write dtype: float32 where the input of the net is declared",
    )


@pytest.mark.parametrize("check", [check_floating, check_one_type])
def test_refuses_a_mixture_of_types(check: object) -> None:
    assert callable(check)
    with pytest.raises(ShapeError) as caught:
        check([REAL, REAL, WHOLE])
    assert (caught.value.why, caught.value.hint) == (
        "bottom 2 holds int64, bottom 0 holds float32",
        "the bottoms of this layer have one element type",
    )


def test_refuses_labels_in_the_place_of_scores() -> None:
    with pytest.raises(ShapeError) as caught:
        check_scores(WHOLE)
    assert (caught.value.why, caught.value.hint) == (
        "bottom 0 holds int64, but scores are floating-point numbers",
        "the scores come first and the targets second: bottom: [scores, targets]",
    )


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 12), (2, 4, 3), (2, 3, 4, 1)])
def test_targets_may_arrange_the_values_of_a_sample_otherwise(shape: tuple[int, ...]) -> None:
    check_targets(Blob((2, 3, 4)), Blob(shape, torch.uint8))


@pytest.mark.parametrize("shape", [(2, 3), (4, 3, 2), (24,), ()])
def test_refuses_targets_that_are_not_one_per_score(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError) as caught:
        check_targets(Blob((2, 3, 4)), Blob(shape))
    assert (caught.value.why, caught.value.hint) == (
        f"bottom 1 of shape {Blob(shape)} has not one number for each of bottom 0, (2, 3, 4)",
        "give targets of shape (2, 3, 4)",
    )


def test_refuses_a_single_number_as_a_batch() -> None:
    with pytest.raises(ShapeError) as caught:
        check_targets(Blob(()), Blob(()))
    assert (caught.value.why, caught.value.hint) == (
        "bottom 0 is a single number, without an axis of samples",
        "the loss is divided by the length of the first axis",
    )
