"""A window file as a dataset, and in numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from protonet.convert.window_list import (
    WindowFacts,
    WindowReading,
    located,
    open_windows,
    window_classes,
    window_facts,
)
from protonet.data.window_crops import Warp
from protonet.errors import DataError
from tests.data.window_set import WINDOWS, write_windows

READING = WindowReading(
    root=None,
    fg_threshold=0.5,
    bg_threshold=0.5,
    warp=Warp(4),
    mirror=False,
    count=None,
    keep=False,
)


def test_the_header_says_what_samples_are(tmp_path: Path) -> None:
    path = write_windows(tmp_path)
    header = open_windows(str(path), READING).header
    assert {field.name: (field.dtype, field.shape) for field in header.fields} == {
        "data": ("uint8", (3, 4, 4)),
        "label": ("int64", ()),
        "filled": ("int32", (4,)),
    }
    assert (header.count, header.channels, header.classes) == (6, "RGB", ("0", "1", "2"))
    assert header.mean is None
    assert header.made_by == {"command": "read", "source": str(path), "resize": "4x4"}
    assert len(open_windows(str(path), replace(READING, count=90))) == 90


def test_images_lie_beside_the_file_or_in_the_folder_given(tmp_path: Path) -> None:
    assert located("/a/w.txt", "b/c.png", None) == "/a/b/c.png"
    assert located("/a/w.txt", "/b/c.png", None) == "/b/c.png"
    assert located("/a/w.txt", "/b/c.png", "/d") == "/d/b/c.png"
    write_windows(tmp_path)
    elsewhere = tmp_path / "lists" / "w.txt"
    elsewhere.parent.mkdir()
    elsewhere.write_text(WINDOWS)
    dataset = open_windows(str(elsewhere), replace(READING, root=str(tmp_path)))
    assert dataset[0]["data"].shape == (3, 4, 4)
    with pytest.raises(DataError) as caught:
        open_windows(str(elsewhere), READING)
    assert str(caught.value).replace(f"{tmp_path}/", "") == (
        "lists/w.txt:2: there is no file lists/red.png (2 of 2 are missing); paths start at the "
        "window file's folder, or at root_folder"
    )


def test_other_windows_have_another_hash(tmp_path: Path) -> None:
    path = str(write_windows(tmp_path))
    first = open_windows(path, READING).header.content_hash
    assert open_windows(path, replace(READING, keep=True, count=9)).header.content_hash == first
    others = [
        replace(READING, warp=Warp(4, 1)),
        replace(READING, mirror=True),
        replace(READING, fg_threshold=0.6),
    ]
    hashes = {open_windows(path, reading).header.content_hash for reading in others}
    write_windows(tmp_path, WINDOWS.replace("8 0 15 5", "8 0 15 6"))
    hashes.add(open_windows(path, READING).header.content_hash)
    assert len(hashes | {first}) == 5


def test_there_is_a_window_at_least(tmp_path: Path) -> None:
    path = write_windows(tmp_path)
    with pytest.raises(DataError) as caught:
        open_windows(str(path), replace(READING, fg_threshold=2, bg_threshold=0))
    assert str(caught.value) == f"{path}: it has no windows to draw"


def test_what_a_file_holds_is_counted(tmp_path: Path) -> None:
    path = write_windows(tmp_path)
    assert window_facts(path) == WindowFacts(2, 6, 3, {1: 1, 2: 2}, 0.5)
    assert window_facts(path, 0.4) == WindowFacts(2, 6, 2, {1: 1, 2: 2, 3: 1}, 0.4)
    assert window_classes(path) == ("0", "1", "2", "3")
