"""The form is DESIGN §5's."""

from __future__ import annotations

import re

import pytest

from protonet.problems import CODES, Mark, Problem, SourceText

LINE = "    - {name: conv1, type: Convolution, kernal_size: 5}"


def mark(line: str, word: str, number: int = 17, name: str = "mnist.yaml") -> Mark:
    """Return the mark of a word in a line, in a text that has nothing else."""
    column = line.index(word) + 1
    source = SourceText(name, ("",) * (number - 1) + (line,))
    return Mark(source, number, column, column + len(word))


def test_a_problem_reads_as_designed() -> None:
    problem = Problem(
        "PN012",
        mark(LINE, "kernal_size"),
        "net.layers.conv1.kernal_size",
        "unknown key",
        got="5",
        hint="did you mean kernel_size?",
    )
    assert problem.render() == (
        "error[PN012] mnist.yaml:17:40 net.layers.conv1.kernal_size: unknown key\n"
        "   17 |     - {name: conv1, type: Convolution, kernal_size: 5}\n"
        "      |                                        ^^^^^^^^^^^\n"
        "      got 5; did you mean kernel_size?          see: protonet explain PN012"
    )


@pytest.mark.parametrize(
    ("got", "hint", "remark"),
    [
        ("", "", "      see: protonet explain PN010"),
        ("5", "", "      got 5                                     see: protonet explain PN010"),
        ("", "try", "      try                                       see: protonet explain PN010"),
        ("", "x" * 50, f"      {'x' * 50}  see: protonet explain PN010"),
        (
            "5",
            "try\nthis\nor that",
            "      got 5; try                                see: protonet explain PN010\n"
            "      this\n"
            "      or that",
        ),
    ],
)
def test_what_was_found_and_what_would_be_right_stand_in_one_remark(
    got: str, hint: str, remark: str
) -> None:
    problem = Problem("PN010", None, "name", "wrong", got=got, hint=hint)
    assert problem.render() == f"error[PN010] name: wrong\n{remark}"


def test_a_warning_says_that_it_is_one() -> None:
    problem = Problem("PN031", None, "net.layers.ip", "nobody reads ip", severity="warning")
    assert problem.render().startswith("warning[PN031] net.layers.ip: nobody reads ip\n")


def test_a_place_without_a_path_is_enough() -> None:
    problem = Problem("PN001", mark("a: [", "["), "", "not closed")
    assert problem.render().startswith("error[PN001] mnist.yaml:17:4: not closed\n")


def test_the_blocks_that_made_a_layer_end_a_problem() -> None:
    trail = (
        "in block conv_bn, used as a in net.yaml:9:5",
        "in block body, used as b in net.yaml:12:5",
    )
    problem = Problem("PN012", None, "name", "wrong", hint="try\nthis", trail=trail)
    assert problem.render() == (
        "error[PN012] name: wrong\n"
        "      try                                       see: protonet explain PN012\n"
        "      this\n"
        "      in block conv_bn, used as a in net.yaml:9:5\n"
        "      in block body, used as b in net.yaml:12:5"
    )


def test_a_problem_is_plain_data_for_programs() -> None:
    problem = Problem(
        "PN012",
        mark(LINE, "kernal_size"),
        "net.layers.conv1.kernal_size",
        "unknown key",
        got="5",
        hint="did you mean kernel_size?",
        severity="warning",
        trail=("in block a",),
    )
    assert problem.as_data() == {
        "severity": "warning",
        "code": "PN012",
        "file": "mnist.yaml",
        "line": 17,
        "column": 40,
        "end_column": 51,  # one past the eleven letters of kernal_size
        "path": "net.layers.conv1.kernal_size",
        "message": "unknown key",
        "got": "5",
        "hint": "did you mean kernel_size?",
        "trail": ["in block a"],
    }


def test_a_problem_of_no_place_has_none_for_programs() -> None:
    data = Problem("PN005", None, "", "the file is empty").as_data()
    assert [data[key] for key in ("file", "line", "column", "end_column")] == [None] * 4


def test_a_tab_is_shown_as_one_space_so_that_the_mark_stands_below() -> None:
    assert mark("\tname:\tx", "x").snippet() == [
        "   17 |  name: x",
        "      |        ^",
    ]


@pytest.mark.parametrize(
    ("number", "margin"), [(1, "    1 |"), (99999, "99999 |"), (123456, "123456 |")]
)
def test_the_margin_is_as_wide_as_the_line_number(number: int, margin: str) -> None:
    shown, carets = mark("a: b", "b", number).snippet()
    assert shown == f"{margin} a: b"
    assert carets == f"{' ' * (len(margin) - 1)}|    ^"


@pytest.mark.parametrize(
    ("before", "after", "shown", "first"),
    [
        (190, 4, 200, 190),
        (0, 400, 200, 0),
        (100, 400, 200, 100),
        (300, 400, 200, 100),
        (300, 0, 106, 100),
    ],
)
def test_a_long_line_is_cut_around_the_mark(
    before: int, after: int, shown: int, first: int
) -> None:
    text, carets = mark("a" * before + "wrong!" + "b" * after, "wrong!").snippet()
    text, carets = text.removeprefix("   17 | "), carets.removeprefix("      | ")
    assert len(text) == shown
    assert text[first : first + 6] == "wrong!"
    assert carets == " " * first + "^" * 6


def test_a_mark_ends_with_the_line() -> None:
    source = SourceText("x", ("a: b",))
    assert Mark(source, 1, 4, 80).snippet() == ["    1 | a: b", "      |    ^"]
    assert Mark(source, 1, 4, 4).snippet() == ["    1 | a: b", "      |    ^"]
    assert Mark(source, 1, 5, 5).snippet() == ["    1 | a: b", "      |     ^"]


def test_a_mark_of_a_long_stretch_ends_with_what_is_shown() -> None:
    text, carets = mark("w" * 500, "w" * 500).snippet()
    assert (text.count("w"), carets.count("^")) == (200, 200)


@pytest.mark.parametrize("line", [0, 2])
def test_a_mark_past_the_text_shows_nothing(line: int) -> None:
    place = Mark(SourceText("x", ("a: b",)), line, 1, 2)
    assert place.snippet() == []
    assert Problem("PN011", place, "net", "missing").render() == (
        f"error[PN011] x:{line}:1 net: missing\n      see: protonet explain PN011"
    )


def test_codes_are_numbers_in_order() -> None:
    assert all(re.fullmatch(r"PN\d{3}", code) for code in CODES)
    assert list(CODES) == sorted(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_explained_in_whole_sentences(code: str) -> None:
    title, explanation = CODES[code].title, CODES[code].explanation
    assert title.strip() == title
    assert not title.endswith(".")
    assert re.fullmatch(r"[A-Z`].*\.", explanation)  # one paragraph: . is no line end
    assert "  " not in explanation


def test_titles_tell_the_codes_apart() -> None:
    assert len({code.title for code in CODES.values()}) == len(CODES)
