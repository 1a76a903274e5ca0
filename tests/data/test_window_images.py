"""The images of a window file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.data.window_images import WindowImages, shown
from protonet.errors import DataError
from tests.data.window_set import pictures, write_windows


def images(folder: Path, kept: dict[int, bytes] | None = None) -> WindowImages:
    write_windows(folder)
    paths = [str(folder / "red.png"), str(folder / "far" / "blue.png")]
    sizes = np.array([[12, 16], [9, 7]], np.int32)
    return WindowImages("w.txt", paths, [2, 12], sizes, kept)


def refusal(one: WindowImages, folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        one.pixels(1)
    return str(caught.value).replace(f"{folder}/", "")


def test_images_are_decoded_in_colour(tmp_path: Path) -> None:
    one = images(tmp_path)
    assert np.array_equal(one.pixels(0), pictures()[0])
    assert np.array_equal(one.pixels(1), pictures()[1])


def test_files_that_were_read_are_kept_if_asked(tmp_path: Path) -> None:
    kept: dict[int, bytes] = {}
    one = images(tmp_path, kept)
    one.pixels(1)
    assert kept == {1: (tmp_path / "far" / "blue.png").read_bytes()}
    (tmp_path / "far" / "blue.png").unlink()
    assert np.array_equal(one.pixels(1), pictures()[1])


def test_an_image_that_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    one = images(tmp_path)
    (tmp_path / "far" / "blue.png").write_bytes(b"")
    told = "w.txt:12: far/blue.png: cannot be read as an image: the file is empty"
    assert refusal(one, tmp_path) == told
    (tmp_path / "far" / "blue.png").write_bytes((tmp_path / "red.png").read_bytes())
    assert refusal(one, tmp_path) == (
        "w.txt:12: far/blue.png is 16x12 pixels, and the window file says 7x9"
    )


def test_images_are_known_by_size_and_time_and_must_be_there(tmp_path: Path) -> None:
    one = images(tmp_path)
    before = one.identity()
    assert one.identity() == before
    (tmp_path / "red.png").write_bytes((tmp_path / "red.png").read_bytes() + b" ")
    assert one.identity() != before
    (tmp_path / "far" / "blue.png").unlink()
    with pytest.raises(DataError) as caught:
        one.identity()
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "w.txt:12: there is no file far/blue.png (1 of 2 are missing); paths start at the window "
        "file's folder, or at root_folder"
    )


def test_paths_that_are_no_utf_8_can_be_printed() -> None:
    assert shown("a\udcff.png") == "a\ufffd.png"
