from __future__ import annotations

import pytest
import torch

from protonet.layers.record import Blob
from protonet.layers.spp import SPP
from tests.layers.building import build, refusal, top_of

IMAGE = torch.tensor([[[[1.0, 2, 3, 4], [5, 6, 7, 8]], [[8.0, 7, 6, 5], [4, 3, 2, 1]]]])


def test_levels_follow_each_other_channel_by_channel() -> None:
    # level 0: the largest of each channel; level 1: of each column pair in each row
    assert top_of(SPP, IMAGE, pyramid_height=2).tolist() == [
        [8, 8, 2, 4, 6, 8, 8, 6, 4, 2],
    ]


def test_means_are_taken_of_the_windows() -> None:
    # 36 / 8 both; (1 + 2) / 2, …
    assert top_of(SPP, IMAGE, pyramid_height=2, pool="AVE").tolist() == [
        [4.5, 4.5, 1.5, 3.5, 5.5, 7.5, 7.5, 5.5, 3.5, 1.5],
    ]


def test_one_level_keeps_its_axes() -> None:
    assert top_of(SPP, IMAGE, pyramid_height=1).tolist() == [[[[8]], [[8]]]]


def test_windows_that_do_not_divide_the_image_are_padded() -> None:
    image = torch.arange(1.0, 10).view(1, 1, 3, 3)
    # windows of ceil(3 / 2) = 2 with (2*2 - 3 + 1) / 2 = 1 before the image: row 0, rows 1 and 2
    assert top_of(SPP, image, pyramid_height=2).tolist() == [[9, 1, 3, 7, 9]]


def test_images_of_other_sizes_give_vectors_of_the_same_length() -> None:
    module = build(SPP, IMAGE, pyramid_height=2)
    assert module(torch.zeros(3, 2, 8, 6)).shape == (3, 10)


def test_draws_in_training_only() -> None:
    image = torch.ones(1, 1, 2, 2)
    image[..., 1] = 3.0
    # Σx² / Σx of 1, 3, 1, 3: 20 / 8; windows of one number each
    assert build(SPP, image, phase="test", pyramid_height=2, pool="STOCHASTIC")(image).tolist() == [
        [2.5, 1, 3, 1, 3]
    ]
    drawn = build(SPP, image, pyramid_height=1, pool="STOCHASTIC")(image)
    assert float(drawn) in (1, 3)


@pytest.mark.parametrize(
    ("shape", "keys", "why", "hint"),
    [
        (
            (1, 2, 3),
            {"pyramid_height": 1},
            "the bottom (1, 2, 3) has 3 axes, SPP needs 4: (N, C, H, W)",
            "",
        ),
        (
            (1, 2, 8, 2),
            {"pyramid_height": 3},
            "axis 3 of (1, 2, 8, 2) is too short for 4 windows: of 1 they would need a padding"
            " of 1",
            "use a smaller pyramid_height, or images larger than 2",
        ),
        (
            (1, 2, 3, 4),
            {"pyramid_height": 2, "pool": "STOCHASTIC"},
            "the 2 windows of level 1 need padding on (1, 2, 3, 4), and STOCHASTIC takes none",
            "use images whose sides are multiples of the number of windows",
        ),
    ],
)
def test_refuses_images_that_its_windows_do_not_fit(
    shape: tuple[int, ...], keys: dict[str, object], why: str, hint: str
) -> None:
    assert refusal(SPP, Blob(shape), **keys) == (why, hint)
