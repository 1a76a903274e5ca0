from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.layers.crop import CROP, CropParams
from protonet.layers.record import Blob
from tests.layers.building import complaints, gradient, refusal, top_of

IMAGE = torch.arange(24.0).view(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("keys", "like", "expected"),
    [
        ({}, (1, 2, 3, 4), IMAGE),
        ({}, (9, 9, 2, 1), IMAGE[:, :, :2, :1]),
        ({"offset": 1}, (1, 1, 2, 3), IMAGE[:, :, 1:, 1:]),
        ({"offset": [0, 2]}, (1, 1, 2, 2), IMAGE[:, :, :2, 2:]),
        ({"axis": 1, "offset": [1, 0, 3]}, (1, 1, 3, 1), IMAGE[:, 1:, :, 3:]),
        ({"axis": -1, "offset": [2]}, (5, 5, 5, 2), IMAGE[..., 2:]),
        ({"axis": 0}, (1, 1, 1, 1), IMAGE[:, :1, :1, :1]),
    ],
)
def test_a_part_has_the_size_of_the_second_bottom(
    keys: dict[str, Any], like: tuple[int, ...], expected: torch.Tensor
) -> None:
    assert torch.equal(top_of(CROP, IMAGE, torch.zeros(like), **keys), expected)


def test_what_is_cut_off_gets_no_gradient() -> None:
    image = torch.zeros(1, 1, 2, 3, requires_grad=True)
    top = top_of(CROP, image, torch.zeros(1, 1, 1, 2), offset=1)
    assert gradient(top, image).tolist() == [[[[0, 0, 0], [0, 1, 1]]]]


@pytest.mark.parametrize(
    ("like", "keys", "why", "hint"),
    [
        (
            (1, 2, 3),
            {},
            "the bottoms differ in their number of axes: (1, 2, 3, 4) and (1, 2, 3)",
            "",
        ),
        (
            (1, 2, 2, 2),
            {"offset": [1, 3]},
            "2 from 3 on is beyond axis 3 of (1, 2, 3, 4): 3 + 2 = 5 > 4",
            "use a smaller offset, or a second bottom that is smaller",
        ),
        (
            (1, 2, 2, 2),
            {"offset": [1, 1, 1]},
            "offset has 3 numbers, and 2 axes are cut",
            "give one number for all axes from axis on, or one per axis",
        ),
        (
            (1, 2, 2, 2),
            {"axis": 3, "offset": [1, 1]},
            "offset has 2 numbers, and 1 axis is cut",
            "give one number for all axes from axis on, or one per axis",
        ),
        (
            (1, 2, 3, 4),
            {"axis": 4},
            "axis 4 does not exist in a bottom of shape (1, 2, 3, 4)",
            "its axes are 0 to 3, or -4 to -1 counted from the end",
        ),
    ],
)
def test_refuses_a_part_that_does_not_exist(
    like: tuple[int, ...], keys: dict[str, Any], why: str, hint: str
) -> None:
    assert refusal(CROP, Blob((1, 2, 3, 4)), Blob(like), **keys) == (why, hint)


def test_refuses_an_offset_below_0() -> None:
    ((where, kind, _, _),) = complaints(CropParams, offset=-1)
    assert (where, kind) == ("offset", "greater_than_equal")
