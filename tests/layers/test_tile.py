from __future__ import annotations

from typing import Any

import pytest
import torch

from protonet.layers.record import Blob
from protonet.layers.tile import TILE
from tests.layers.building import gradient, numbers, refusal, top_of

BOTTOM = numbers([1.0, 2.0], [3.0, 4.0])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"tiles": 1}, [[1, 2], [3, 4]]),
        ({"tiles": 2}, [[1, 2, 1, 2], [3, 4, 3, 4]]),
        ({"tiles": 2, "axis": 0}, [[1, 2], [3, 4], [1, 2], [3, 4]]),
        ({"tiles": 2, "axis": -1}, [[1, 2, 1, 2], [3, 4, 3, 4]]),
    ],
)
def test_the_whole_bottom_is_repeated(keys: dict[str, int], expected: Any) -> None:
    assert top_of(TILE, BOTTOM, **keys).tolist() == expected


def test_the_gradients_of_the_copies_add_up() -> None:
    top = top_of(TILE, BOTTOM, tiles=2) * torch.tensor([1.0, 1.0, 10.0, 100.0])
    assert gradient(top, BOTTOM).tolist() == [[11, 101], [11, 101]]


def test_refuses_an_axis_that_does_not_exist() -> None:
    assert refusal(TILE, Blob((2, 3)), axis=2, tiles=2) == (
        "axis 2 does not exist in a bottom of shape (2, 3)",
        "its axes are 0 to 1, or -2 to -1 counted from the end",
    )
