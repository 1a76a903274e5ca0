from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.layers.interp import INTERP, InterpParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, refusal, top_of

SQUARE = torch.tensor([[[[0.0, 4.0], [8.0, 12.0]]]])


def test_corners_stay_and_what_lies_between_is_mixed() -> None:
    # steps of 4 / 2 along a row, of 8 / 2 along a column
    assert top_of(INTERP, SQUARE, height=3, width=3).tolist() == [
        [[[0, 2, 4], [4, 6, 8], [8, 10, 12]]]
    ]


@pytest.mark.parametrize(
    ("sides", "keys", "expected"),
    [
        ((5, 7), {"height": 9, "width": 2}, (9, 2)),
        ((5, 7), {"zoom_factor": 8}, (5 + 4 * 7, 7 + 6 * 7)),
        ((5, 8), {"shrink_factor": 2}, (3, 4)),  # floor(4 / 2) + 1, floor(7 / 2) + 1
        ((5, 8), {"shrink_factor": 2, "zoom_factor": 3}, (3 + 2 * 2, 4 + 3 * 2)),
        ((5, 8), {"zoom_factor": 1, "pad_beg": -1, "pad_end": -2}, (2, 5)),
    ],
)
def test_the_size_follows_from_the_keys(
    sides: tuple[int, int], keys: dict[str, Any], expected: tuple[int, int]
) -> None:
    assert top_of(INTERP, torch.zeros(2, 3, *sides), **keys).shape == (2, 3, *expected)


def test_rows_and_columns_are_cut_off_first() -> None:
    image = torch.arange(12.0).view(1, 1, 3, 4)
    top = top_of(INTERP, image, zoom_factor=1, pad_beg=-1)
    assert top.tolist() == [[[[5, 6, 7], [9, 10, 11]]]]


def test_one_pixel_is_the_first() -> None:
    assert top_of(INTERP, SQUARE, height=1, width=1).tolist() == [[[[0]]]]


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        (
            {"height": 2, "width": 2, "zoom_factor": 2},
            (
                "",
                "PN015",
                "height and zoom_factor both give a size",
                "give height and width, or factors",
            ),
        ),
        (
            {"width": 2},
            (
                "",
                "PN011",
                "width is given alone",
                "give height and width, or zoom_factor, or shrink_factor",
            ),
        ),
        (
            {},
            (
                "",
                "PN011",
                "no size is given",
                "give height and width, or zoom_factor, or shrink_factor",
            ),
        ),
    ],
)
def test_refuses_none_and_several_sizes(
    keys: dict[str, int], complaint: tuple[str, str, str, str]
) -> None:
    assert complaints(InterpParams, **keys) == [complaint]


def test_refuses_padding() -> None:
    ((where, kind, _, _),) = complaints(InterpParams, zoom_factor=2, pad_beg=1)
    assert (where, kind) == ("pad_beg", "less_than_equal")


def test_refuses_to_cut_everything_off() -> None:
    assert refusal(INTERP, Blob((1, 2, 3, 9)), zoom_factor=2, pad_beg=-1, pad_end=-2) == (
        "nothing is left along axis 2 of (1, 2, 3, 9): 3 - 1 - 2 = 0",
        "cut off less: pad_beg and pad_end nearer to 0",
    )


def test_refuses_what_is_no_image() -> None:
    assert refusal(INTERP, Blob((2, 3)), zoom_factor=2) == (
        "the bottom (2, 3) has 2 axes, Interp needs 4: (N, C, H, W)",
        "",
    )
