from __future__ import annotations

import pytest

from protonet.convert.frame import Cell, is_missing
from tests.convert.tables import frame


def test_a_row_is_called_by_its_line() -> None:
    assert frame({"a": ["1", "2"]}).place(1) == "a.csv:3"


@pytest.mark.parametrize("cell", ["", "  ", "NA", " nan ", "null", "?", None, float("nan")])
def test_nothing_stands_in_a_cell(cell: Cell) -> None:
    assert is_missing(cell)


@pytest.mark.parametrize("cell", ["0", "none of these", 0, 0.0, False, [], "Nancy"])
def test_something_stands_in_a_cell(cell: Cell) -> None:
    assert not is_missing(cell)
