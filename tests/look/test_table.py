from __future__ import annotations

from protonet.look.table import shortened_middle, table

ROWS = [
    ("layer", "blob", "count"),
    ("inception_4e/5x5_reduce", "", "12"),
    ("conv", "data/of/other", "7"),
]


def test_columns_are_as_wide_as_their_texts() -> None:
    assert table(ROWS, right=frozenset({2})) == [
        "layer                    blob           count",
        "inception_4e/5x5_reduce                    12",
        "conv                     data/of/other      7",
    ]


def test_a_long_name_loses_its_middle() -> None:
    lines = table(ROWS, cut={0: 8}, right=frozenset({2}), width=36)
    # 36 less 13 and 5 for the other columns, less 2 gaps of 2: 14 are left
    assert lines == [
        "layer           blob           count",
        "incep…5_reduce                    12",
        "conv            data/of/other      7",
    ]


def test_a_column_that_would_be_unreadable_vanishes() -> None:
    assert table(ROWS, cut={1: 0}, right=frozenset({2}), width=36) == [
        "layer                    count",
        "inception_4e/5x5_reduce     12",
        "conv                         7",
    ]


def test_a_column_without_text_is_left_out() -> None:
    assert table([("a", "b", "c"), ("1", "", "3")]) == ["a  c", "1  3"]


def test_what_may_not_be_cut_is_whole_however_narrow_it_gets() -> None:
    assert table(ROWS[2:] * 2, width=5) == ["conv  data/of/other  7"] * 2


def test_a_name_is_cut_to_its_beginning_and_end() -> None:
    assert shortened_middle("abcdef", 6) == "abcdef"
    assert shortened_middle("abcdefghij", 7) == "ab…ghij"
    assert shortened_middle("abcdefghij", 1) == "…"
