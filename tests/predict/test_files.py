from __future__ import annotations

import os
from pathlib import Path

import pytest

from protonet.errors import DataError
from protonet.predict.files import find_pictures

NAMES = ["b/2.jpg", "b/10.PNG", "a/1.jpeg", "a/deep/3.bmp", ".hidden/4.jpg", "a/.5.jpg", "a/x.txt"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"")


def test_a_folder_means_the_images_below_it_by_name() -> None:
    assert find_pictures(["."]) == ["./a/1.jpeg", "./a/deep/3.bmp", "./b/10.PNG", "./b/2.jpg"]


def test_a_file_is_taken_whatever_it_is_called() -> None:
    Path("photo").write_bytes(b"")
    assert find_pictures(["photo", "b/2.jpg", "photo"]) == ["photo", "b/2.jpg", "photo"]


def test_a_pattern_means_the_images_that_fit_it() -> None:
    assert find_pictures(["b/*", "a/**/*.bmp"]) == ["b/10.PNG", "b/2.jpg", "a/deep/3.bmp"]


def test_a_file_that_is_called_like_a_pattern_is_that_file() -> None:
    Path("b/[2].jpg").write_bytes(b"")
    assert find_pictures(["b/[2].jpg"]) == ["b/[2].jpg"]


def test_a_list_names_paths_from_its_folder_on_with_or_without_labels() -> None:
    Path("a/2 3.jpg").write_bytes(b"")
    text = (
        '\ufeff1.jpeg 7\r\n\n2 3.jpg\n2 3.jpg 1 0.5\n"2 3.jpg" -1e3\n/elsewhere/9.jpg 3\ngone.jpg\n'
    )
    Path("a/x.txt").write_text(text)
    assert find_pictures(["a/x.txt"]) == [
        "a/1.jpeg",
        "a/2 3.jpg",
        "a/2 3.jpg",
        "a/2 3.jpg",
        "/elsewhere/9.jpg",
        "a/gone.jpg",
    ]


def test_a_name_need_not_be_utf_8() -> None:
    strange = os.fsdecode(b"b/\xff.jpg")
    Path(strange).write_bytes(b"")
    assert strange in find_pictures(["b"])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gone.jpg", "gone.jpg: there is no such file or folder"),
        ("b/*.gif", "b/*.gif: no image fits this pattern"),
        (".hidden/none", ".hidden/none: there is no such file or folder"),
        ("empty", "empty: no image in this folder"),
        ("blank.txt", "blank.txt: the list is empty; expected one path a line"),
        ("binary.lst", "binary.lst: this is no list of paths: it is no text"),
    ],
)
def test_what_means_no_picture_is_named(name: str, why: str) -> None:
    Path("empty").mkdir()
    Path("blank.txt").write_text(" \n")
    Path("binary.lst").write_bytes(b"a\0b")
    with pytest.raises(DataError) as caught:
        find_pictures([name])
    assert str(caught.value) == why
