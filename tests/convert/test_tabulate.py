from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from protonet.convert.files import ImageFiles
from protonet.convert.frame import Cell
from protonet.convert.options import ConvertOptions, TableOptions
from protonet.convert.source import Reject
from protonet.convert.tabulate import tabulate
from protonet.errors import DataError, UsageError
from tests.convert.pictures import plain, save
from tests.convert.tables import frame, held, part_of, written

FLOWERS: dict[str, list[Cell]] = {
    "length": ["1.5", "2", "3"],
    "colour": ["red", "blue", "red"],
    "Class": ["rose", "lily", "rose"],
}


def test_numbers_categories_and_a_label_become_fields() -> None:
    part = part_of(FLOWERS)
    assert list(part.values) == ["data", "colour", "label"]
    assert held(part, "data").tolist() == [[1.5], [2], [3]]
    assert held(part, "colour").tolist() == [1, 0, 1]
    assert held(part, "label").tolist() == [1, 0, 1]
    assert (part.classes, part.order, part.notes) == (("lily", "rose"), None, ())


def test_the_label_can_be_named() -> None:
    part = part_of(FLOWERS, label=("length",))
    assert held(part, "label").tolist() == [1.5, 2, 3]
    assert list(part.values) == ["colour", "Class", "label"]


def test_columns_can_be_left_out_and_are_told() -> None:
    part = part_of(FLOWERS | {"empty": ["", "", ""]}, ignore=("colour",))
    assert list(part.values) == ["data", "label"]
    assert part.notes == ("a.csv: left out colour, empty",)


def test_without_a_label_it_is_told_how_to_name_one() -> None:
    part = part_of({"a": ["1"], "b": ["2"]})
    assert list(part.values) == ["data"]
    assert part.notes == (
        "a.csv: none of its columns, a, b, is called a label; --label NAME names one",
    )


def test_one_class_is_told() -> None:
    assert part_of({"a": ["1", "2"], "y": ["x", "x"]}).notes == (
        "a.csv: all rows are of one class, so that there is nothing to learn",
    )


def test_a_column_can_be_a_text_whatever_it_looks_like() -> None:
    part = part_of({"name": ["Ada", "Bob"], "y": [0, 1]}, text=("name",), tokens="characters")
    # in the order of characters: A 2, B 3, a 4, b 5, d 6, o 7
    assert held(part, "data").tolist() == [[2, 6, 4], [3, 7, 5]]
    assert held(part, "lengths").tolist() == [3, 3]


def test_rows_that_miss_something_are_rejects() -> None:
    cells: dict[str, list[Cell]] = {
        "a": [*map(str, range(20)), "x"],
        "y": [*["0"] * 5, "", *["1"] * 15],
    }
    part = part_of(cells)
    assert part.rejects == (
        Reject("a.csv:7", "a.csv:7: y is missing"),
        Reject("a.csv:22", "a.csv:22: a is `x`, and the column holds numbers"),
    )
    assert held(part, "data")[:, 0].tolist() == [0, 1, 2, 3, 4, *range(6, 20)]


def test_images_are_found_beside_the_table(tmp_path: Path) -> None:
    save(tmp_path / "img" / "a.png", plain((1, 2, 3)))
    path = written(tmp_path / "a.csv", "")
    read = frame({"file": ["img/a.png", "img/b.png"], "text": ["a cat sat", "on a mat"]})
    from_here = replace(read, where=str(path), folder=str(tmp_path))
    (part,) = tabulate([from_here], ConvertOptions())
    assert isinstance(part.images, ImageFiles)
    assert part.images.paths == [f"{tmp_path}/img/a.png"]
    assert part.rejects == (
        Reject(f"{path}:3", f"{path}:3: there is no file {tmp_path}/img/b.png"),
    )
    assert list(part.values) == ["text", "text_lengths"]
    (part,) = tabulate([from_here], ConvertOptions(root=str(tmp_path / "img")))
    assert part.count == 0


def test_tables_of_one_set_share_what_they_know() -> None:
    train = frame({"c": ["b", "a"], "y": ["0", "1"]}, "train")
    test = frame({"c": ["c", "a"], "y": ["2", "0"]}, "test")
    parts = tabulate([train, test], ConvertOptions())
    assert [part.table for part in parts] == ["train", "test"]
    assert [held(part, "data").tolist() for part in parts] == [[1, 0], [2, 0]]
    assert [part.classes for part in parts] == [("0", "1", "2")] * 2


def test_tables_of_other_columns_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        tabulate([frame({"a": ["1"]}), frame({"b": ["1"]})], ConvertOptions())
    assert str(caught.value) == "a.csv: its columns are b, and those of a.csv are a"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": ("klass",)},
         "--label klass: a.csv has no such column; did you mean Class?"),
        ({"ignore": ("x",)},
         "--ignore x: a.csv has no such column; known: Class, colour, length"),
        ({"text": ("lenght",)},
         "--text lenght: a.csv has no such column; did you mean length?"),
    ],
)  # fmt: skip
def test_a_column_that_is_not_there_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        part_of(FLOWERS, **options)
    assert str(caught.value) == message


def test_an_empty_label_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        part_of({"a": ["1"], "y": [""]}, label=("y",))
    assert str(caught.value) == "a.csv: the column y is empty, and so no label"


def test_two_columns_of_images_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        part_of({"a": ["a.png"], "b": ["b.png"]})
    assert str(caught.value) == (
        "a.csv: the columns a, b hold images, and a record has one; leave out the others, for "
        "instance --ignore b"
    )


def test_a_table_without_anything_to_store_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        tabulate([frame({"a": [""]})], ConvertOptions(table=TableOptions()))
    assert str(caught.value) == "a.csv: it has no column to make a field of"
