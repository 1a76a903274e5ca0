from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.convert.array_images import ArrayImages
from protonet.convert.frame import Frame
from protonet.convert.joining import JoinedImages, joined
from protonet.convert.source import Images, Reject
from protonet.errors import DataError


def images(*values: int) -> ArrayImages:
    """Return grey images of one pixel."""
    return ArrayImages("x.npy", np.array(values, np.uint8).reshape(-1, 1, 1, 1))


def frame(name: str, *cells: int, column: str = "x", pictures: Images | None = None) -> Frame:
    return Frame(name, {column: list(cells)}, range(2, 2 + len(cells)), "train", (), pictures)


def test_rows_follow_one_another_and_keep_their_places() -> None:
    rejects = (Reject("b.csv:9", "b.csv:9: why"),)
    second = Frame("b.csv", {"x": [3]}, [7], "train", rejects)
    table = joined([frame("a.csv", 1, 2), second, frame("c.csv", 4)], "*.csv")
    assert (table.where, table.table, table.columns) == ("*.csv", "train", {"x": [1, 2, 3, 4]})
    assert [table.place(row) for row in range(4)] == ["a.csv:2", "a.csv:3", "b.csv:7", "c.csv:2"]
    assert list(table.lines) == table.lines[:] == ["a.csv:2", "a.csv:3", "b.csv:7", "c.csv:2"]
    assert table.rejects == rejects
    assert table.images is None


def test_a_single_file_is_itself() -> None:
    table = frame("a.csv", 1)
    assert joined([table], "*.csv") is table


def test_images_follow_one_another() -> None:
    frames = [frame("a", 1, 2, pictures=images(10, 11)), frame("b", 3, pictures=images(12))]
    found = joined(frames, "*").images
    assert isinstance(found, JoinedImages)
    assert (len(found), found.channels) == (3, "gray")
    assert [found.load(index).pixels.item() for index in range(3)] == [10, 11, 12]
    assert [found.content(index) for index in range(3)] == [b"\n", b"\x0b", b"\x0c"]
    assert [found.name(index) for index in range(3)] == [
        "x.npy, image 0", "x.npy, image 1", "x.npy, image 0"
    ]  # fmt: skip


def test_other_columns_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        joined([frame("a.csv", 1), frame("b.csv", 1, column="y")], "*.csv")
    assert str(caught.value) == (
        "b.csv: its columns are y, and those of a.csv are x; the files of one table have the same"
    )


def test_images_in_some_files_only_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        joined([frame("a", 1, pictures=images(1)), frame("b", 1)], "*")
    assert str(caught.value) == (
        "b: it has no images, and a has; the files of one table have the same columns"
    )


def test_a_row_beyond_the_last_does_not_exist(tmp_path: Path) -> None:
    table = joined([frame("a.csv", 1), frame("b.csv", 2)], "*.csv")
    with pytest.raises(IndexError):
        table.place(2)
