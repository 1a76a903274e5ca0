from __future__ import annotations

import re

import pytest

from protonet import errors
from protonet.errors import (
    Interrupted,
    PathError,
    PathErrors,
    ProtonetError,
    ShapeError,
    SpecError,
    told,
)
from protonet.problems import Mark, Problem, SourceText


def drawn() -> dict[str, str]:
    """Return the exit codes of the tree in the module's docstring, by name."""
    lines = (errors.__doc__ or "").split("```")[1].strip().splitlines()
    assert re.fullmatch(r"ProtonetError +exit code 1", lines[0])
    tree = {}
    for place, line in enumerate(lines[1:], 2):
        found = re.fullmatch(r"([├└])── (\w+) +(\d+(?: or \d+)?)    \S.*", line)
        assert found, line
        assert (found[1] == "└") == (place == len(lines))
        tree[found[2]] = found[3]
    return tree


def test_the_tree_draws_every_class_right_below_the_base() -> None:
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert {*drawn(), "ProtonetError"} == classes
    assert {*drawn()} == {kind.__name__ for kind in ProtonetError.__subclasses__()}


@pytest.mark.parametrize("kind", ProtonetError.__subclasses__(), ids=lambda kind: kind.__name__)
def test_the_tree_gives_every_exit_code(kind: type[ProtonetError]) -> None:
    if kind is Interrupted:  # 128 + SIGINT 2, 128 + SIGTERM 15: each knows its own
        assert drawn()[kind.__name__] == "130 or 143"
        assert [Interrupted("stopped", code).exit_code for code in (130, 143)] == [130, 143]
    else:
        assert drawn()[kind.__name__] == str(kind.exit_code)


def test_an_interruption_says_what_a_person_should_read() -> None:
    assert str(Interrupted("stopped at iteration 12", 130)) == "stopped at iteration 12"


def test_errors_about_a_place_say_why_and_keep_the_rest() -> None:
    error = PathError("PN013", ("solver", "gamma"), "too large", got="9", hint="at most 1")
    assert str(error) == "too large"
    assert (error.code, error.path, error.got, error.hint) == (
        "PN013",
        ("solver", "gamma"),
        "9",
        "at most 1",
    )
    assert (PathError("PN013", (), "odd").got, PathError("PN013", (), "odd").hint) == ("", "")
    assert str(PathErrors([error, PathError("PN011", (), "missing")])) == "too large; missing"
    assert (str(ShapeError("too small", "grow")), ShapeError("too small", "grow").hint) == (
        "too small",
        "grow",
    )


TEXT = SourceText("net.yaml", ("name: x", "solvr: {}"))
UNKNOWN = Problem("PN012", Mark(TEXT, 2, 1, 6), "solvr", "unknown key", hint="did you mean solver?")
WARNING = Problem("PN031", Mark(TEXT, 1, 1, 5), "net", "nobody reads it", severity="warning")
EMPTY = Problem("PN005", None, "", "the file is empty")


@pytest.mark.parametrize(
    ("problems", "count"),
    [
        ([UNKNOWN], "1 error in net.yaml"),
        ([UNKNOWN, WARNING], "1 error, 1 warning in net.yaml"),
        ([UNKNOWN, EMPTY], "2 errors in net.yaml"),
        ([WARNING, WARNING], "2 warnings in net.yaml"),
    ],
)
def test_all_problems_of_a_spec_are_shown_and_counted(problems: list[Problem], count: str) -> None:
    error = SpecError(iter(problems), "net.yaml")
    assert error.problems == tuple(problems)
    assert str(error) == "\n".join([*(problem.render() for problem in problems), count])


def test_what_is_told_of_a_spec_needs_no_error() -> None:
    text = told(iter([WARNING]), "net.yaml")
    assert text == (
        "warning[PN031] net.yaml:1:1 net: nobody reads it\n"
        "    1 | name: x\n"
        "      | ^^^^\n"
        "      see: protonet explain PN031\n"
        "1 warning in net.yaml"
    )


def test_errors_that_were_only_counted_are_told_with_the_others() -> None:
    error = SpecError([UNKNOWN] * 60, "net.yaml", more=99_940)
    assert error.more == 99_940
    lines = str(error).splitlines()
    assert sum(line.startswith("error[PN012]") for line in lines) == 50
    assert lines[-2:] == ["and 99,950 more", "100,000 errors in net.yaml"]
