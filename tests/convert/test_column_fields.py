from __future__ import annotations

import pytest

from protonet.convert import column_fields
from protonet.convert.column_fields import encode, label_fields
from protonet.convert.frame import Cell
from protonet.convert.kinds import Kind
from protonet.convert.options import TableOptions
from protonet.data.layout import Array
from protonet.errors import DataError

PLAIN = TableOptions()


def label(
    cells: list[Cell], kind: Kind = "number", *, numbers: bool = False
) -> tuple[list[object], str, tuple[str, ...] | None]:
    """Return the label of one table: values, element type, classes."""
    found = label_fields([{"y": cells}], {"y": kind}, TableOptions(numbers=numbers))
    array: Array = found.tables[0].array
    return array.tolist(), array.dtype.name, found.classes


def test_whole_numbers_are_classes() -> None:
    assert label(["2", " 0"]) == ([2, 0], "int64", ("0", "1", "2"))
    assert label([1, 0]) == ([1, 0], "int64", ("0", "1"))


def test_whole_numbers_below_0_are_classes_by_name() -> None:
    assert label(["1", "-1", "1"]) == ([1, 0, 1], "int64", ("-1", "1"))


def test_numbers_with_a_point_are_numbers() -> None:
    assert label(["2.0", "1"]) == ([2, 1], "float32", None)
    assert label(["2", "1"], numbers=True) == ([2, 1], "float32", None)


def test_texts_are_classes_by_name() -> None:
    assert label(["dog ", "cat"], "category") == ([1, 0], "int64", ("cat", "dog"))


def test_lists_are_labels_of_several_numbers() -> None:
    assert label([[1, 0.5], [0, 2]], "list") == ([[1, 0.5], [0, 2]], "float32", None)


def test_several_columns_are_one_label_of_several_numbers() -> None:
    found = label_fields(
        [{"a": ["1", "2"], "b": ["3", "4.5"]}], {"a": "number", "b": "number"}, PLAIN
    )
    assert found.tables[0].array.tolist() == [[1, 3], [2, 4.5]]
    assert found.tables[0].spec("label").columns == ("a", "b")


def test_several_columns_of_texts_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        label_fields([{"a": ["1"], "b": ["x"]}], {"a": "number", "b": "category"}, PLAIN)
    assert str(caught.value) == (
        "--label: the column b holds no numbers; several labels, and labels that are to be "
        "predicted as numbers, are numbers"
    )


def test_tables_share_their_classes() -> None:
    found = label_fields([{"y": ["b"]}, {"y": ["c", "a"]}], {"y": "category"}, PLAIN)
    assert [held.array.tolist() for held in found.tables] == [[1], [2, 0]]
    assert found.classes == ("a", "b", "c")


def test_columns_of_numbers_are_one_field() -> None:
    (fields,) = encode(
        [{"a": ["1", "2"], "b": [True, "0.5"]}], {"a": "number", "b": "number"}, PLAIN,
        has_image=False,
    )  # fmt: skip
    spec = fields["data"].spec("data")
    assert list(fields) == ["data"]
    assert (spec.dtype, spec.shape, spec.columns) == ("float32", (2,), ("a", "b"))


def test_other_columns_are_fields_that_keep_their_names() -> None:
    cells: dict[str, list[Cell]] = {
        "n": ["1", "2"],
        "the colour": ["red", "blue"],
        "note": ["x y z", "x"],
        "label": [[1], [2]],
    }
    kinds: dict[str, Kind] = {
        "n": "number",
        "the colour": "category",
        "note": "text",
        "label": "list",
    }
    (fields,) = encode([cells], kinds, PLAIN, has_image=True)
    assert list(fields) == ["numbers", "the_colour", "note", "note_lengths", "label_2"]
    assert fields["the_colour"].spec("x").names == ("blue", "red")
    assert fields["note"].spec("x").names == ("<pad>", "<unk>", "x", "y", "z")


def test_the_only_column_is_the_data() -> None:
    (fields,) = encode([{"t": ["a b", "b"]}], {"t": "text"}, PLAIN, has_image=False)
    assert list(fields) == ["data", "lengths"]
    (fields,) = encode([{"c": ["a", "b"]}], {"c": "category"}, PLAIN, has_image=False)
    assert list(fields) == ["data"]


def test_a_vocabulary_is_learnt_from_the_first_table() -> None:
    first, second = encode(
        [{"t": ["a b"]}, {"t": ["b c d"]}], {"t": "text"}, PLAIN, has_image=False
    )
    assert second["data"].spec("data").names == ("<pad>", "<unk>", "a", "b")
    assert first["data"].spec("data").shape == second["data"].spec("data").shape == (3,)


def test_too_many_categories_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_fields, "MOST_CLASSES", 2)
    with pytest.raises(DataError) as caught:
        encode([{"id": ["a", "b", "c"]}], {"id": "category"}, PLAIN, has_image=False)
    assert str(caught.value) == (
        "the column id has 3 different values, too many for categories; take it as text, --text "
        "id, or leave it out, --ignore id"
    )
