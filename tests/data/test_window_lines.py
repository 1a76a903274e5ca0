"""The lines of a window file."""

from __future__ import annotations

import numpy as np
import pytest

from protonet.data.window_lines import WindowLines, shortly
from protonet.errors import DataError


def test_lines_keep_their_numbers_where_blank_ones_are_passed_over() -> None:
    text = WindowLines("w.txt", b"\xef\xbb\xbf\r\n# 0\r\n\n a b \n#x\n#\t1\nend")
    assert len(text) == 5
    assert text.numbers.tolist() == [2, 4, 5, 6, 7]
    assert text.lines(np.array([1, 0, 4])) == [b"a b", b"# 0", b"end"]
    assert text.marks.tolist() == [0, 3]  # "#x" is a path
    assert text.number(4) == 7


def test_errors_name_the_line() -> None:
    text = WindowLines("w.txt", b"\n\nabc\n")
    assert str(text.refused(0, f"no `{text.shown(0)}`")) == "w.txt:3: no `abc`"


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf"])
def test_there_is_a_line_at_least(data: bytes) -> None:
    with pytest.raises(DataError) as caught:
        WindowLines("w.txt", data)
    assert str(caught.value) == "w.txt: the window file is empty; it begins with `# 0`"


def test_what_is_long_is_shortened() -> None:
    assert shortly(b"a" * 40) == "a" * 40
    assert shortly(b"a" * 41) == "a" * 39 + "…"
    assert shortly(b"\xff") == "\ufffd"
