from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from protonet.errors import DataError
from protonet.layers.pooling import POOLING
from protonet.layers.record import Blob
from protonet.layers.upsample import UPSAMPLE, UpsampleParams
from tests.layers.building import complaints, gradient, numbers, refusal, top_of, tops_of


def test_pixels_become_squares() -> None:
    image = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    assert top_of(UPSAMPLE, image, scale=2).tolist() == [
        [[[1, 1, 2, 2]] * 2, [[3, 3, 4, 4]] * 2],
    ]


def test_height_and_width_may_grow_by_their_own_numbers() -> None:
    image = torch.tensor([[[[1.0, 2.0]]]])
    assert top_of(UPSAMPLE, image, scale_h=3, scale_w=1).tolist() == [[[[1, 2]] * 3]]


def test_a_pixel_gets_the_gradient_of_its_square() -> None:
    image = torch.zeros(1, 1, 2, 2, requires_grad=True)
    assert gradient(top_of(UPSAMPLE, image, scale=3), image).tolist() == [[[[9, 9], [9, 9]]]]


def test_a_mask_puts_every_pixel_in_its_place() -> None:
    image = numbers([[[1.0, 2.0]]])
    mask = torch.tensor([[[[4.0, 3.0]]]])  # of 2 * 4: second row, first place; first row, last
    top = top_of(UPSAMPLE, image, mask, scale=2)
    assert top.tolist() == [[[[0, 0, 0, 2], [1, 0, 0, 0]]]]
    weighed = top * torch.arange(8.0).view(1, 1, 2, 4)
    assert gradient(weighed, image).tolist() == [[[[4, 3]]]]


@pytest.mark.parametrize(
    ("keys", "sides"),
    [
        ({"scale": 2}, (4, 6)),
        ({"scale": 2, "pad_out_h": True}, (3, 6)),
        ({"scale": 2, "pad_out_w": True}, (4, 5)),
        ({"scale_h": 3, "scale_w": 2}, (6, 6)),
        ({"scale": 2, "upsample_h": 5, "upsample_w": 7}, (5, 7)),  # as SegNet's files have it
    ],
)
def test_with_a_mask_the_top_has_the_sides_asked_for(
    keys: dict[str, Any], sides: tuple[int, int]
) -> None:
    image, mask = torch.ones(2, 1, 2, 3), torch.zeros(2, 1, 2, 3, dtype=torch.int64)
    assert top_of(UPSAMPLE, image, mask, **keys).shape == (2, 1, *sides)


def test_what_was_pooled_comes_back_where_it_was() -> None:
    image = torch.rand(2, 3, 6, 8)
    pooled, mask = tops_of(POOLING, image, tops=2, kernel_size=2, stride=2)
    top = top_of(UPSAMPLE, pooled, mask, scale=2)
    expected = nn.MaxUnpool2d(2)(*functional.max_pool2d(image, 2, return_indices=True))
    assert torch.equal(top, expected)
    assert torch.equal(top[top > 0], image[top > 0])


@pytest.mark.parametrize("place", [8, -1])
def test_a_place_outside_the_top_is_named(place: int) -> None:
    image, mask = torch.ones(2, 1, 1, 2), torch.zeros(2, 1, 1, 2)
    mask[1, 0, 0, 1] = place
    with pytest.raises(DataError) as caught:
        top_of(UPSAMPLE, image, mask, scale=2)
    assert str(caught.value) == (
        f"the mask of sample 1 names place {place}, outside the top's 2 * 4 pixels (0 to 7);"
        " upsample_h and upsample_w are the sides of the image that was pooled"
    )


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({}, ("PN011", "scale is missing", "scale: 2")),
        ({"scale_h": 2}, ("PN011", "scale_h is given alone", "scale_w is needed beside it")),
        (
            {"scale": 2, "upsample_w": 2},
            ("PN011", "upsample_w is given alone", "upsample_h is needed beside it"),
        ),
        (
            {"scale": 2, "scale_h": 2, "scale_w": 2},
            ("PN015", "scale and scale_h are both given", "give one of the two"),
        ),
        (
            {"scale": 3, "pad_out_w": True},
            (
                "PN015",
                "pad_out_w goes with a scale of 2, not of 3",
                "give upsample_w, in pixels",
            ),
        ),
    ],
)
def test_refuses_sizes_that_are_not_told_once(
    keys: dict[str, Any], problem: tuple[str, str, str]
) -> None:
    assert complaints(UpsampleParams, **keys) == [("", *problem)]


def test_refuses_the_keys_of_a_mask_without_one() -> None:
    assert refusal(UPSAMPLE, Blob((2, 3, 4, 4)), upsample_h=8, upsample_w=8) == (
        "upsample_h goes with a mask, and there is no second bottom",
        "the mask is the second top of a MAX Pooling: bottom: [x, pool_mask]",
    )


def test_refuses_a_mask_of_another_shape() -> None:
    assert refusal(UPSAMPLE, Blob((2, 3, 4, 4)), Blob((2, 3, 4, 5)), scale=2) == (
        "the mask of shape (2, 3, 4, 5) has not one place for each of bottom 0, (2, 3, 4, 4)",
        "it is the second top of the Pooling that made the image small",
    )


def test_refuses_what_is_no_image() -> None:
    assert refusal(UPSAMPLE, Blob((2, 3, 4)), scale=2) == (
        "the bottom (2, 3, 4) has 3 axes, Upsample needs 4: (N, C, H, W)",
        "",
    )
