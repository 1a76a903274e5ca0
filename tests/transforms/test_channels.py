from __future__ import annotations

import numpy as np
import pytest

from protonet.errors import ShapeError
from protonet.records import ChannelOrder
from protonet.transforms.channels import ordered, reorder
from tests.transforms.running import pixels

HERE = np.arange(2)


@pytest.mark.parametrize(("stored", "wanted"), [("RGB", "BGR"), ("BGR", "RGB")])
def test_colours_are_turned_round(stored: ChannelOrder, wanted: ChannelOrder) -> None:
    images = pixels(2, 3, 4, 5)
    before = images.copy()

    function = reorder(stored, wanted)
    assert function is not None
    result = function(images, HERE)

    assert np.array_equal(result, before[:, [2, 1, 0]])
    assert np.array_equal(images, before)
    assert result.flags.c_contiguous
    assert result.dtype == np.uint8


@pytest.mark.parametrize("stored", ["RGB", "BGR", "gray", None])
def test_images_are_taken_as_they_are_where_the_net_does_not_care(
    stored: ChannelOrder | None,
) -> None:
    assert reorder(stored, None) is None


@pytest.mark.parametrize("order", ["RGB", "BGR", "gray"])
def test_nothing_is_done_where_the_order_is_right(order: ChannelOrder) -> None:
    assert reorder(order, order) is None


@pytest.mark.parametrize(
    ("stored", "wanted", "flag"),
    [
        ("gray", "RGB", "without"),
        ("gray", "BGR", "without"),
        ("RGB", "gray", "with"),
        ("BGR", "gray", "with"),
    ],
)
def test_refuses_to_make_colours_or_to_lose_them(
    stored: ChannelOrder, wanted: ChannelOrder, flag: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        reorder(stored, wanted)

    assert str(caught.value) == f"the net expects {wanted}, and the images are stored as {stored}"
    assert caught.value.hint == f"convert them again, {flag} --gray"


def test_refuses_to_guess_an_order() -> None:
    with pytest.raises(ShapeError) as caught:
        reorder(None, "BGR")

    assert str(caught.value) == (
        "the net expects BGR, and the data set does not say what its channels are"
    )
    assert caught.value.hint == (
        "leave channels out of the input, and the samples are taken as they are"
    )


def test_numbers_follow_the_images() -> None:
    mean = (1.0, 2.0, 3.0)

    assert ordered(mean, "RGB", "BGR") == (3.0, 2.0, 1.0)
    assert ordered(mean, "BGR", "RGB") == (3.0, 2.0, 1.0)
    assert ordered(mean, "RGB", "RGB") == mean
    assert ordered(mean, "RGB", None) == mean
    assert ordered((7.0,), "gray", "gray") == (7.0,)
    assert ordered(None, "RGB", "BGR") is None
