from __future__ import annotations

import pytest
import torch

from protonet.layers.flatten import FLATTEN
from protonet.layers.record import Blob
from tests.layers.building import refusal, top_of


@pytest.mark.parametrize(
    ("keys", "shape"),
    [
        ({}, (2, 60)),
        ({"axis": 0}, (120,)),
        ({"axis": 2}, (2, 3, 20)),
        ({"axis": -2}, (2, 3, 20)),
        ({"end_axis": 2}, (2, 12, 5)),
        ({"axis": 0, "end_axis": -3}, (6, 4, 5)),
        ({"axis": 1, "end_axis": 1}, (2, 3, 4, 5)),
    ],
)
def test_the_axes_become_one_in_row_major_order(
    keys: dict[str, int], shape: tuple[int, ...]
) -> None:
    bottom = torch.arange(120.0).reshape(2, 3, 4, 5)

    top = top_of(FLATTEN, bottom, **keys)

    assert top.shape == shape
    assert top.flatten().tolist() == list(range(120))


def test_whole_numbers_stay_whole_numbers() -> None:
    assert top_of(FLATTEN, torch.zeros(2, 3, 4, dtype=torch.uint8)).dtype == torch.uint8


def test_images_in_channels_last_come_out_in_the_order_of_their_axes() -> None:
    bottom = torch.arange(16.0).reshape(1, 4, 2, 2).contiguous(memory_format=torch.channels_last)
    assert top_of(FLATTEN, bottom).flatten().tolist() == list(range(16))


def test_refuses_an_axis_that_does_not_exist() -> None:
    known = "its axes are 0 to 1, or -2 to -1 counted from the end"
    assert refusal(FLATTEN, Blob((2, 3)), axis=2) == (
        "axis 2 does not exist in a bottom of shape (2, 3)",
        known,
    )
    assert refusal(FLATTEN, Blob((2, 3)), end_axis=-3) == (
        "end_axis -3 does not exist in a bottom of shape (2, 3)",
        known,
    )


def test_refuses_a_last_axis_before_the_first() -> None:
    assert refusal(FLATTEN, Blob((2, 3, 4)), axis=-1, end_axis=1) == (
        "end_axis 1 comes before axis -1 in a bottom of shape (2, 3, 4)",
        "end_axis is the last axis to flatten; -1 is the last of all",
    )
