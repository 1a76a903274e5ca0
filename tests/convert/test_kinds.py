from __future__ import annotations

import pytest

from protonet.convert.frame import Cell
from protonet.convert.kinds import kind_of, number, strange_cells


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e4"], "number"),
        ([1, 2.5, True], "number"),
        (["1"] * 9 + ["x"], "number"),
        (["1"] * 8 + ["x"], "category"),
        (["1", "", "NA"], "number"),
        ([[1, 2], None], "list"),
        (["a.jpg", "b/c.PNG "], "image"),
        (["a.jpg", "b"], "category"),
        (["red", "green"], "category"),
        (["a cat sat", "a dog"], "text"),
        (["a cat sat", "a dog", "x"], "category"),
        (["", None], None),
    ],
)
def test_a_column_is_what_its_cells_are(cells: list[Cell], kind: str | None) -> None:
    assert kind_of(cells) == kind


@pytest.mark.parametrize(
    ("cell", "value"),
    [(" 1.5 ", 1.5), ("1e3", 1000), (True, 1), (7, 7), ("1_000", None), ("x", None), (None, None)],
)
def test_a_number_is_read_from_a_cell(cell: Cell, value: float | None) -> None:
    assert number(cell) == value


def test_cells_that_cannot_be_are_told() -> None:
    assert list(strange_cells("age", ["1", "", "x y", "inf"], "number")) == [
        (1, "age is missing"),
        (2, "age is `x y`, and the column holds numbers"),
        (3, "age is `inf`, and the column holds numbers"),
    ]
    assert list(strange_cells("v", [[1, 2], [3], "x", None], "list")) == [
        (1, "v has 1 numbers, and the first row has 2"),
        (2, "v is `x`, and the column holds lists"),
        (3, "v is missing"),
    ]
    assert list(strange_cells("c", ["red", "?"], "category")) == [(1, "c is missing")]
    assert list(strange_cells("t", ["", None], "text")) == []


def test_of_a_long_cell_the_beginning_is_told() -> None:
    ((_, why),) = strange_cells("a", ["x" * 50], "number")
    assert why == f"a is `{'x' * 39}…`, and the column holds numbers"
