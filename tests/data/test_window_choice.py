"""Which windows are foreground and background."""

from __future__ import annotations

from pathlib import Path

import pytest

from protonet.data.window_choice import ChosenWindows, choose_windows
from protonet.data.window_crops import Warp
from protonet.data.window_file import read_window_file
from protonet.errors import DataError
from tests.data.window_set import WINDOWS, write_windows

PLAIN, CONTEXT = Warp(8), Warp(8, 1)


def chosen(
    folder: Path, fg: float = 0.5, bg: float = 0.5, text: str = WINDOWS, warp: Warp = PLAIN
) -> ChosenWindows:
    return choose_windows(read_window_file(write_windows(folder, text)), fg, bg, warp)


def refusal(folder: Path, old: str, new: str, warp: Warp = PLAIN) -> str:
    assert WINDOWS.count(old) == 1
    with pytest.raises(DataError) as caught:
        chosen(folder, text=WINDOWS.replace(old, new), warp=warp)
    return str(caught.value).replace(f"{folder}/", "")


def test_background_stands_before_foreground_and_has_class_0(tmp_path: Path) -> None:
    windows = chosen(tmp_path)
    assert (len(windows), windows.background) == (6, 3)
    assert windows.image.tolist() == [0, 0, 1, 0, 0, 1]
    assert windows.label.tolist() == [0, 0, 0, 2, 1, 2]  # of 0.1, 0.4 (class 3), 0.2; 0.9, 0.6, 0.5
    assert windows.boxes[[1, 5]].tolist() == [[1, 1, 14, 10], [3, 3, 6, 6]]


def test_windows_between_the_thresholds_are_left_out(tmp_path: Path) -> None:
    windows = chosen(tmp_path, 0.6, 0.4)
    assert windows.label.tolist() == [0, 0, 2, 1]  # 0.6 is foreground, as in float32; 0.4 is none
    assert windows.background == 2
    assert chosen(tmp_path, 0.9, 1.0).label.tolist() == [0, 0, 0, 0, 0, 2]


def test_a_window_lies_inside_its_image_unless_more_is_cut_out(tmp_path: Path) -> None:
    told = (
        "windows.txt:7: the window 2 3 16 8 is not inside its image, of 16x12 pixels: x lies in 0 "
        "… 15, y in 0 … 11"
    )
    assert refusal(tmp_path, "2 3 9 8", "2 3 16 8") == told
    beside = WINDOWS.replace("2 3 9 8", "-2 3 16 8")
    assert len(chosen(tmp_path, text=beside, warp=CONTEXT)) == 6
    assert refusal(tmp_path, "2 3 9 8", "16 3 17 8", CONTEXT) == told.replace("2 3 16", "16 3 17")


def test_a_window_begins_before_it_ends(tmp_path: Path) -> None:
    assert refusal(tmp_path, "0 2 6 8", "0 2 6 1") == (
        "windows.txt:17: the window 0 2 6 1 ends before it begins; it is x1 y1 x2 y2"
    )


def test_foreground_has_a_class(tmp_path: Path) -> None:
    assert refusal(tmp_path, "1 0.6", "0 0.6") == (
        "windows.txt:9: a window that overlaps an object by 0.6, at least fg_threshold 0.5, has "
        "the object's class, from 1; class 0 is background"
    )
