"""`$name` and `$(expression)` in plain data."""

from __future__ import annotations

from typing import Any

import pytest

from protonet.language.expression import FAILED, ExpressionError
from protonet.language.substitute import Substitution, fill, is_cut, size
from protonet.problems import Problem
from tests.specs import origin_of

NAMES: dict[str, Any] = {"n": 4, "wide": True, "sizes": [3, 5], "act": "ReLU"}


def filled(text: str) -> tuple[Any, list[Problem]]:
    """Return the data of a YAML map with its expressions filled in, and what is wrong."""
    origin, problems = origin_of(text), list[Problem]()
    return Substitution(NAMES, problems).value(origin.data, origin.marks), problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$n", 4),
        ("$wide", True),
        ("$sizes", [3, 5]),
        ("$(n // 2)", 2),
        ("res$n", "res4"),
        ("$act/$(n + 1)a", "ReLU/5a"),
        ("is_$wide", "is_true"),
        ("$$n", "$n"),
        ("5 $$ and $n", "5 $ and 4"),
        ("$$$n", "$4"),
        ("$(max(n, (2)))", 4),
        ("plain", "plain"),
    ],
)
def test_a_text_is_filled_in_and_one_expression_keeps_its_type(text: str, value: object) -> None:
    result = fill(text, NAMES)
    assert result == value
    assert type(result) is type(value)


def test_lists_and_maps_are_filled_in_all_through() -> None:
    assert filled("a: [$n, {b: x$n}]\nc: 1\n") == ({"a": [4, {"b": "x4"}], "c": 1}, [])


def test_a_value_that_yaml_has_split_is_told_once_and_how_to_write_it() -> None:
    value, (problem,) = filled("{a: $(min(n, 4)), b: 1}\n")
    assert value == {"a": None, "b": 1}
    assert problem.render() == (
        "error[PN032] net.yaml:1:5 a: the expression is cut off\n"
        "    1 | {a: $(min(n, 4)), b: 1}\n"
        "      |     ^^^^^^^\n"
        '      got "$(min(n"; YAML splits it at a comma, a bracket, `: ` or ` #`: put the whole '
        "value in quotes  see: protonet explain PN032"
    )


def test_a_key_that_yaml_has_split_is_told() -> None:
    _, (problem,) = filled("{$(n: 1}\n")
    assert (problem.code, problem.why) == ("PN032", "the expression is cut off")


@pytest.mark.parametrize("text", ["$ärger", "$(ärger)"])
def test_names_have_letters_of_any_language(text: str) -> None:
    assert fill(text, {"ärger": 5}) == 5


@pytest.mark.parametrize(
    ("text", "cut"),
    [("$(n", True), ("$((n)", True), ("$(n)", False), ("$$(n", False), ("(", False)],
)
def test_a_text_is_cut_where_a_bracket_has_no_end(text: str, cut: bool) -> None:
    assert is_cut(text) is cut


@pytest.mark.parametrize(
    ("text", "why", "hint"),
    [
        ("a: b$sizes", "a list or a map cannot stand inside a text", ""),
        ("a: cost$", "a $ begins a name or $(…)", "write $$ for a dollar"),
        ("a: $m", "no variable or argument is named m", "known: act, n, sizes, wide"),
    ],
)
def test_what_cannot_be_filled_in_is_told(text: str, why: str, hint: str) -> None:
    value, (problem,) = filled(text)
    assert value == {"a": None}
    assert (problem.code, problem.path, problem.why, problem.hint) == ("PN032", "a", why, hint)


def test_a_text_must_not_grow_without_bound() -> None:
    problems: list[Problem] = []
    origin = origin_of("a: $x$x\n")
    Substitution({"x": "y" * 10_001}, problems).value(origin.data, origin.marks)
    assert [problem.why for problem in problems] == ["the text grows beyond 20,000 characters"]


def test_a_list_must_not_grow_without_bound() -> None:
    problems: list[Problem] = []
    origin = origin_of("a: [$x, $x]\n")
    Substitution({"x": [1] * 10_000}, problems).value(origin.data, origin.marks)
    assert [problem.why for problem in problems] == ["the value holds more than 20,000 values"]


def test_a_map_must_not_grow_without_bound() -> None:
    problems: list[Problem] = []
    origin = origin_of("a: {x: $x, y: $x}\n")
    value = Substitution({"x": {str(n): n for n in range(10_000)}}, problems)
    assert value.value(origin.data, origin.marks) == {"a": None}
    (problem,) = problems
    assert problem.render() == (
        "error[PN032] net.yaml:1:4 a: the value holds more than 20,000 values\n"
        "    1 | a: {x: $x, y: $x}\n"
        "      |    ^^^^^^^^^^^^^^\n"
        "      see: protonet explain PN032"
    )


def test_the_values_of_a_layer_are_bounded_each_by_itself() -> None:
    problems: list[Problem] = []
    origin = origin_of("{a: $x, b: $x, c: $x}\n")
    names = {"x": [1] * 10_000}
    found = Substitution(names, problems).entries(origin.data, origin.marks)
    assert (list(found), len(found["c"]), problems) == (["a", "b", "c"], 10_000, [])


def test_a_size_counts_every_value_and_long_texts_more_than_once() -> None:
    # the list itself, 1, the map, its 2; then a text of 250 characters: 1 + 250 // 100
    assert size([1, {"a": 2}]) == 4
    assert size("x" * 250) == 3


def test_a_text_with_expressions_is_bounded_before_they_are_computed() -> None:
    assert fill("x" * 19_998 + "$n", {"n": "yy"}) == "x" * 19_998 + "yy"
    with pytest.raises(ExpressionError) as caught:
        fill("$(n)" * 5_001, {"n": 1})
    assert caught.value.why == "a text with expressions has at most 20,000 characters, here 20,004"


def test_what_uses_a_value_that_has_failed_only_follows_from_it() -> None:
    problems: list[Problem] = []
    origin = origin_of("{a: $(x + 1), b: 'of $x'}\n")
    found = Substitution({"x": FAILED}, problems).entries(origin.data, origin.marks)
    assert found == {"a": None, "b": None}
    assert [(one.code, str(one.mark), one.follows) for one in problems] == [
        ("PN032", "net.yaml:1:5", True),
        ("PN032", "net.yaml:1:18", True),
    ]
