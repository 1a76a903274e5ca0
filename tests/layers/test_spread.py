from __future__ import annotations

import pytest
import torch

from protonet.errors import ShapeError
from protonet.layers.record import Blob
from protonet.layers.spread import check_given, learned_shape, spread, trailing_axes

BOTTOM = Blob((2, 3, 4, 5))


@pytest.mark.parametrize(
    ("axis", "num_axes", "shape", "trailing"),
    [
        (1, 1, (3,), 2),
        (1, 2, (3, 4), 1),
        (-2, -1, (4, 5), 0),
        (0, -1, (2, 3, 4, 5), 0),
        (9, 0, (), 4),
    ],
)
def test_learned_numbers_go_along_the_axes_given(
    axis: int, num_axes: int, shape: tuple[int, ...], trailing: int
) -> None:
    assert learned_shape(axis, num_axes, BOTTOM) == shape
    assert trailing_axes(axis, shape, BOTTOM) == trailing


def test_numbers_get_axes_of_length_one_behind() -> None:
    assert spread(torch.zeros(3, 4), 2).shape == (3, 4, 1, 1)
    assert spread(torch.zeros(()), 2).shape == (1, 1)
    assert spread(torch.zeros(()), 0).shape == ()


def test_numbers_that_match_are_taken() -> None:
    check_given("factors", Blob((3, 4)), 1, BOTTOM)
    check_given("factors", Blob(()), 9, BOTTOM)


def test_numbers_that_do_not_match_are_refused_by_their_name() -> None:
    with pytest.raises(ShapeError) as caught:
        check_given("prices", Blob((4,)), -3, BOTTOM)
    assert (caught.value.why, caught.value.hint) == (
        "prices of shape (4) do not match the bottom (2, 3, 4, 5) from axis 1 on",
        "each of their axes is as long as that of the first bottom",
    )
