"""Variables, and the number of classes of the training set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protonet.errors import DataError
from protonet.language import expand
from protonet.language.expression import CLASSES, FAILED, ExpressionError, Unknowable, evaluate
from protonet.language.names import is_name, variables, with_classes
from protonet.problems import Problem
from tests.specs import origin_of


def read(text: str) -> tuple[dict[str, Any], list[Problem]]:
    """Return the variables of a text `vars: …`, and what is wrong with them."""
    origin, problems = origin_of(text), list[Problem]()
    found = variables(origin.data["vars"], origin.marks.children["vars"], problems)
    return found, problems


def test_a_variable_may_use_those_above_it() -> None:
    assert read("vars: {a: 2, b: $(3 * a), c: x$b}\n") == ({"a": 2, "b": 6, "c": "x6"}, [])


def test_a_variable_may_not_use_those_below_it() -> None:
    _, (problem,) = read("vars: {b: $a, a: 2}\n")
    assert problem.render() == (
        "error[PN032] net.yaml:1:11 vars.b: no variable or argument is named a\n"
        "    1 | vars: {b: $a, a: 2}\n"
        "      |           ^^\n"
        '      got "$a"; there is none                   see: protonet explain PN032'
    )


def test_a_name_that_no_expression_could_use_is_refused() -> None:
    found, (problem,) = read("vars: {index: 3}\n")
    assert found == {}
    assert problem.render() == (
        "error[PN032] net.yaml:1:8 vars.index: index cannot be the name of a variable\n"
        "    1 | vars: {index: 3}\n"
        "      |        ^^^^^\n"
        "      a name has letters, digits and _, begins with no digit, and is not index  "
        "see: protonet explain PN032"
    )


def test_variables_are_a_map() -> None:
    _, (problem,) = read("vars: [3]\n")
    assert (problem.code, problem.path, problem.why) == ("PN010", "vars", "a map is needed")


@pytest.mark.parametrize(
    ("text", "valid"),
    [("width", True), ("_2", True), ("2nd", False), ("a-b", False), ("true", False)],
)
def test_a_name_is_one_that_an_expression_can_read(text: str, valid: bool) -> None:
    assert is_name(text) is valid


def test_the_number_of_classes_is_asked_for_once_and_of_the_training_set() -> None:
    asked: list[tuple[Any, Path]] = []

    def classes(train: Any, folder: Path) -> int:
        asked.append((train, folder))
        return 10

    names = with_classes({}, {"source": "a.lmdb"}, Path("here"), classes)
    assert asked == []
    assert evaluate("2 * data.classes + data.classes", names) == 30
    assert asked == [({"source": "a.lmdb"}, Path("here"))]


def _unreadable(train: Any, folder: Path) -> int:
    raise DataError("a.lmdb is cut short")


@pytest.mark.parametrize(
    ("train", "known", "why"),
    [
        (None, _unreadable, "$data.classes needs a training set: there is no data.train"),
        ({}, None, "$data.classes cannot be known here: no data is read"),
        ({}, _unreadable, "$data.classes is not known: a.lmdb is cut short"),
    ],
)
def test_why_the_number_of_classes_is_not_known_is_told(train: Any, known: Any, why: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(CLASSES, with_classes({}, train, Path(), known))
    assert caught.value.why == why


def test_classes_reach_the_layers_of_a_net() -> None:
    text = (
        "data: {train: {source: a.lmdb}}\n"
        "net: {layers: [{name: ip, type: InnerProduct, num_output: $data.classes}]}\n"
    )
    found = expand(origin_of(text), lambda train, folder: 7)
    assert (found.problems, found.data["net"]["layers"][0]["num_output"]) == ((), 7)


def test_a_variable_that_fails_is_told_once_and_what_uses_it_follows() -> None:
    problems: list[Problem] = []
    origin = origin_of("vars: {a: $(1 / 0), b: $a, c: [1, $b], d: 5}\n")
    names = variables(origin.data["vars"], origin.marks.children["vars"], problems)
    assert names == {"a": FAILED, "b": FAILED, "c": FAILED, "d": 5}
    assert [(one.path, one.why, one.follows) for one in problems] == [
        ("vars.a", "a division by 0", False),
        ("vars.b", "a cannot be computed", True),
        ("vars.c.1", "b cannot be computed", True),
    ]


def test_of_variables_that_are_no_map_any_may_have_been_meant() -> None:
    problems: list[Problem] = []
    origin = origin_of("vars: [a]\n")
    names = variables(origin.data["vars"], origin.marks.children["vars"], problems)
    with pytest.raises(Unknowable):
        evaluate("a + 1", names)
