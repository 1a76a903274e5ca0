from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from protonet.run.board.grid import Cell, grid, pixels_of, stretched
from protonet.run.board.png import GREEN, Picture

Pixels = npt.NDArray[np.uint8]


def decoded(picture: Picture) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(picture.png)))


def test_pictures_stand_row_by_row_with_gaps() -> None:
    cells = [Cell(np.full((4, 4, 3), 10 * number, np.uint8)) for number in range(5)]
    found = decoded(grid(cells, columns=3, side=4))
    assert found.shape == (2 * (4 + 6) + 6, 3 * (4 + 6) + 6, 3)
    corners = [found[6 + 10 * (n // 3), 6 + 10 * (n % 3), 0] for n in range(6)]
    assert corners == [0, 10, 20, 30, 40, 255]  # the last place is empty
    assert (found[0] == 255).all()


def test_a_caption_stands_below_its_picture_in_its_colour() -> None:
    cell = Cell(np.zeros((8, 8, 3), np.uint8), (("7", GREEN),))
    found = decoded(grid([cell, cell], side=16))
    assert found.shape == (6 + 16 + 15 + 6, 2 * 22 + 6, 3)
    below = found[6 + 16 : 6 + 16 + 15, 6:22]
    inked = below[below.sum(axis=2) < 300]
    assert len(inked)
    assert (inked[:, 1] > inked[:, 0]).all()  # green


def test_bytes_are_shown_as_they_are() -> None:
    gray = np.array([[[0, 128], [255, 7]]], np.uint8)
    assert pixels_of(gray).tolist() == [[[0] * 3, [128] * 3], [[255] * 3, [7] * 3]]


@pytest.mark.parametrize(("channels", "shown"), [("RGB", [1, 2, 3]), ("BGR", [3, 2, 1])])
def test_channels_are_put_in_order(channels: str, shown: list[int]) -> None:
    image = np.array([1, 2, 3], np.uint8).reshape(3, 1, 1)
    assert pixels_of(image, channels=channels).tolist() == [[shown]]


def test_other_numbers_are_stretched() -> None:
    assert stretched(np.array([-1.0, 0.0, 3.0], np.float32)).tolist() == [0, 64, 255]
    assert stretched(np.array([-1.0, np.nan, 3.0, np.inf])).tolist() == [0, 0, 255, 0]
    assert stretched(np.array([2, 2])).tolist() == [0, 0]
    assert stretched(np.array([np.nan])).tolist() == [0]
