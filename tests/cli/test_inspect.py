from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from protonet.cli import main
from protonet.data.open import open_dataset
from tests.convert.pictures import SPLIT, class_folders, made
from tests.convert.tables import written
from tests.data.window_set import write_windows

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a dataset of two tables, and one of a table of numbers."""
    monkeypatch.chdir(tmp_path)
    made(class_folders(Path("photos"), cat=5, dog=10), Path("a.lmdb"), SPLIT)
    written(Path("t.csv"), "x,z,colour,y\n1,2,red,0\n3,4,blue,1\n")
    made(Path("t.csv"), Path("t.h5"))
    return tmp_path


def inspect(*words: str, capsys: Capture) -> list[str]:
    assert main(["inspect", *words]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def test_a_table_is_described(capsys: Capture) -> None:
    with open_dataset("a.lmdb/train") as dataset:
        header = dataset.header
    assert header.mean is not None
    assert header.std is not None
    mean, std = ([f"{value:.2f}" for value in values] for values in (header.mean, header.std))
    assert inspect("a.lmdb/train", capsys=capsys) == [
        "  a.lmdb/train: 12 records of 3x3x4 (RGB, uint8)",
        f"    mean [{', '.join(mean)}], standard deviation [{', '.join(std)}]",
        "    2 classes:",
        "      cat         4 ###############",
        "      dog         8 ##############################",
        "    sorted by label: train with `shuffle: true`",
        "    command: convert",
        "    source: photos",
        f"    version: {header.made_by['version']}",
        "    split: train:0.8,test:0.2",
        f"    content {header.content_hash}",
    ]


def test_columns_and_the_names_of_values_are_told(capsys: Capture) -> None:
    lines = inspect("t.h5", capsys=capsys)
    assert lines[:5] == [
        "  t.h5: 2 records of 2 (float32)",
        "    colour: [] int64, 2 names",
        "    mean [2.00, 3.00], standard deviation [1.00, 1.00]",
        "    data columns: x, z",
        "    colour names: blue, red",
    ]


def test_one_record_is_shown(capsys: Capture) -> None:
    assert inspect("t.h5", "--record", "0", capsys=capsys) == [
        "t.h5, record 0",
        "  data: float32 [2]",
        "    x 1, z 2",
        "  colour: int64 []",
        "    red",
        "  label: int64 []",
        "    0",
    ]
    lines = inspect("a.lmdb/test", "--record", "-1", capsys=capsys)
    assert lines[:2] == ["a.lmdb/test, record -1", "  data: uint8 [3, 3, 4]"]
    assert lines[2].startswith("    from 1 to ")
    assert lines[3:] == ["  label: int64 []", "    dog"]


def test_the_headers_are_given_as_json(capsys: Capture) -> None:
    data = json.loads("\n".join(inspect("a.lmdb", "--format", "json", capsys=capsys)))
    assert list(data) == ["a.lmdb/test", "a.lmdb/train"]
    assert data["a.lmdb/train"]["class_counts"] == [4, 8]


def test_a_sheet_is_drawn(capsys: Capture) -> None:
    lines = inspect("a.lmdb/train", "--sheet", "s.png", "--count", "5", capsys=capsys)
    assert lines == ["made s.png: 5 records of a.lmdb/train"]
    with Image.open("s.png") as image:
        assert image.format == "PNG"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.lmdb", "--record", "0"],
         "there are 2 tables; name one: a.lmdb/test or a.lmdb/train"),
        (["t.h5", "--record", "2"],
         "t.h5: there is no record 2; its 2 records are numbered from 0 to 1"),
        (["t.h5", "--sheet", "s.jpg"], "s.jpg: a sheet is .png"),
        (["t.h5", "--sheet", "s.png", "--count", "0"], "--count 0: 1 to 400 images can be shown"),
        (
            ["t.h5", "--count", "5"],
            "--count is the number of images on a sheet; --sheet OUT.png draws one",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(words: list[str], message: str, capsys: Capture) -> None:
    assert main(["inspect", *words]) == 2
    assert capsys.readouterr() == ("", f"error: {message}\n")


def test_data_that_are_not_converted_are_shown_as_they_are(capsys: Capture) -> None:
    lines = inspect("photos", capsys=capsys)
    assert lines[:4] == [
        "  photos: 15 records of encoded images, of different sizes (RGB, uint8)",
        "    2 classes:",
        f"      cat         5 {'#' * 15}",
        f"      dog        10 {'#' * 30}",
    ]
    assert lines[4:-1] == [
        "    sorted by label: train with `shuffle: true`",
        "    command: read",
        "    source: photos",
    ]


def test_a_sheet_that_cannot_be_written_is_told(capsys: Capture) -> None:
    assert main(["inspect", "a.lmdb/train", "--sheet", "gone/s.png"]) == 1
    assert capsys.readouterr().err == (
        "error: gone/s.png: cannot be written: No such file or directory\n"
    )


def test_the_windows_of_a_window_file_are_counted(folder: Path, capsys: Capture) -> None:
    write_windows(folder)
    assert inspect("windows.txt", capsys=capsys) == [
        "  windows.txt: 6 windows in 2 images",
        "    3 overlap an object by less than 0.5: background",
        "    3 by at least 0.5: foreground",
        f"      class 1         1 {'#' * 15}",
        f"      class 2         2 {'#' * 30}",
    ]
    facts = json.loads("".join(inspect("windows.txt", "--format", "json", capsys=capsys)))
    assert facts == {
        "windows.txt": {
            "images": 2,
            "windows": 6,
            "background": 3,
            "classes": {"1": 1, "2": 2},
            "threshold": 0.5,
        }
    }
    Path("windows.txt").write_text("# 0\nred.png\n3\n12\n16\n1\n0 0.1 0 0 5 6\n")
    assert inspect("windows.txt", capsys=capsys) == [
        "  windows.txt: 1 window in 1 image",
        "    1 overlap an object by less than 0.5: background",
    ]


@pytest.mark.parametrize("words", [["--record", "0"], ["--sheet", "s.png"]])
def test_windows_are_shown_by_another_command(
    words: list[str], folder: Path, capsys: Capture
) -> None:
    write_windows(folder)
    assert main(["inspect", "windows.txt", *words]) == 2
    assert capsys.readouterr().err == (
        "error: windows.txt: windows are cut out as they are drawn; protonet preview SPEC OUT.png "
        "shows what a net gets of them\n"
    )
