"""Windows as records: pixels, classes, and what of the samples is filled."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from protonet.convert.window_list import WindowReading, open_windows
from protonet.data.layout import Array
from protonet.data.window_crops import Warp
from protonet.data.window_records import WindowDataset
from tests.data.window_set import Pixels, pictures, write_windows

BOXES = [(0, 0, 5, 11), (1, 1, 14, 10), (0, 2, 6, 8), (2, 3, 9, 8), (8, 0, 15, 5), (3, 3, 6, 6)]
"""In the order of the records: background, then foreground."""
IMAGES = [0, 0, 1, 0, 0, 1]


def opened(folder: Path, warp: Warp, *, mirror: bool = False) -> WindowDataset:
    path = write_windows(folder)
    return open_windows(str(path), WindowReading(None, 0.5, 0.5, warp, mirror, None, False))


def read(dataset: WindowDataset, *rows: int) -> dict[str, Array]:
    out: dict[str, Array] = {
        field.name: np.full((len(rows), *(field.shape or ())), 77, field.dtype)
        for field in dataset.header.fields
    }
    dataset.gather(np.array(rows), out)
    return out


def bilinear(pixels: Pixels, height: int, width: int) -> Array:
    """Scale (H, W, C): each pixel of the four around its centre, those at the edge repeated."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new - 0.5).clip(0, old - 1)
        for new, old in ((height, pixels.shape[0]), (width, pixels.shape[1]))
    )
    top, left = rows.astype(int), columns.astype(int)
    below = np.minimum(top + 1, pixels.shape[0] - 1)
    right = np.minimum(left + 1, pixels.shape[1] - 1)
    down, along = (rows - top)[:, None, None], (columns - left)[None, :, None]
    values = pixels.astype(float)
    upper = values[top][:, left] * (1 - along) + values[top][:, right] * along
    lower = values[below][:, left] * (1 - along) + values[below][:, right] * along
    return np.asarray(upper * (1 - down) + lower * down)


def test_windows_are_cut_out_and_warped(tmp_path: Path) -> None:
    records = read(opened(tmp_path, Warp(5)), *range(6))
    assert records["label"].tolist() == [0, 0, 0, 2, 1, 2]
    assert records["filled"].tolist() == [[0, 0, 5, 5]] * 6
    for sample, image, (x1, y1, x2, y2) in zip(records["data"], IMAGES, BOXES, strict=True):
        cut = pictures()[image][y1 : y2 + 1, x1 : x2 + 1]
        expected = bilinear(cut, 5, 5).transpose(2, 0, 1)
        assert np.abs(sample.astype(float) - expected).max() <= 1


@pytest.mark.parametrize("warp", [Warp(31), Warp(31, 4), Warp(31, 4, square=True)])
def test_pixels_are_those_of_opencv(warp: Warp, tmp_path: Path) -> None:
    library = pytest.importorskip("cv2")
    records = read(opened(tmp_path, warp, mirror=True), *range(12))
    assert (records["data"].any(axis=(1, 2)).sum(1) < 31).any() == warp.extends
    for k in range(12):
        box = np.array([BOXES[k % 6]])
        sizes = np.array([pictures()[IMAGES[k % 6]].shape[:2]])
        (cut,), (filled,) = warp.crops(box, sizes, np.array([k >= 6]))
        top, left, height, width = cut
        part = pictures()[IMAGES[k % 6]][top : top + height, left : left + width]
        scaled = library.resize(part, tuple(filled[:1:-1].tolist()))  # bilinear by default
        if k >= 6:
            scaled = library.flip(scaled, 1)
        expected = np.zeros((31, 31, 3))
        into, start, rows, columns = filled
        expected[into : into + rows, start : start + columns] = scaled
        found = records["data"][k].transpose(1, 2, 0)
        assert np.abs(found - expected).max() <= 1
        assert records["filled"][k].tolist() == filled.tolist()


def test_every_second_round_is_turned_where_windows_are_mirrored(tmp_path: Path) -> None:
    plain, turned = opened(tmp_path, Warp(6)), opened(tmp_path, Warp(6), mirror=True)
    first, second, third = (read(turned, 3 + 6 * n, 2 + 6 * n)["data"] for n in range(3))
    assert np.array_equal(second, first[..., ::-1])
    assert np.array_equal(third, first)
    assert np.array_equal(read(plain, 9, 8)["data"], first)
    assert read(turned, 9, 2)["label"].tolist() == [2, 0]


def test_the_order_of_what_is_asked_for_does_not_matter(tmp_path: Path) -> None:
    dataset = opened(tmp_path, Warp(6, 1))
    rows = [5, 0, 3, 3, 2, 1]
    assert np.array_equal(read(dataset, *rows)["data"], read(dataset, *range(6))["data"][rows])
    assert np.array_equal(dataset[4]["data"], read(dataset, 4)["data"][0])


def test_records_go_on_beyond_the_count_but_not_below_0(tmp_path: Path) -> None:
    dataset = opened(tmp_path, Warp(6))
    assert len(dataset) == 6
    assert read(dataset, 601)["label"].tolist() == [0]
    with pytest.raises(IndexError, match="there is no record -1"):
        read(dataset, -1)


def test_another_process_opens_it_again(tmp_path: Path) -> None:
    dataset = opened(tmp_path, Warp(6, 2), mirror=True)
    again = pickle.loads(pickle.dumps(dataset))
    assert again.header == dataset.header
    assert np.array_equal(read(again, 7, 3)["data"], read(dataset, 7, 3)["data"])
