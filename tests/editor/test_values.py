from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from protonet.editor.values import TEXT, choice, converted, described, either, one_or_list
from protonet.records import Count, Flag, Fraction, Number, Text
from protonet.spec.duration import Length
from tests.json_schema import refused_data


def schema_of(kind: Any) -> dict[str, Any]:
    return converted(TypeAdapter(kind).json_schema(), {})


def test_a_number_may_be_an_expression() -> None:
    assert schema_of(Count) == {
        "type": ["integer", "string"],
        "exclusiveMinimum": 0,
        "maximum": 2147483647,
        "pattern": r"\$",
        "patternErrorMessage": "a whole number is needed",
    }


def test_any_text_admits_expressions_anyway() -> None:
    assert schema_of(Text) == {"type": "string", "minLength": 1}


def test_bounds_that_pydantic_leaves_in_its_own_words_are_those_of_the_draft() -> None:
    schema = schema_of(Fraction)
    assert (schema["minimum"], schema["maximum"]) == (0, 1)
    assert "ge" not in schema


def test_null_is_admitted_where_the_model_admits_it() -> None:
    assert schema_of(Flag | None)["type"] == ["boolean", "null", "string"]


def test_words_stay_a_choice_that_editors_offer() -> None:
    assert either(choice(["MAX", "AVE"])) == {
        "anyOf": [{"enum": ["MAX", "AVE"]}, {"type": "string", "pattern": r"\$"}]
    }


def test_a_choice_tells_what_its_names_mean() -> None:
    assert choice(["a"], ["the first"]) == {"enum": ["a"], "enumDescriptions": ["the first"]}


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (500, True),
        ("90 epochs", True),
        ("0.5 epochs", True),
        ("500 iterations", True),
        ("$long", True),
        ("90epochs", False),
        ("90", False),
        (0, False),
        (1.5, False),
    ],
)
def test_a_duration_is_a_number_or_has_a_unit(value: object, good: bool) -> None:
    assert refused_data(schema_of(Length), value) == ([] if good else [""])


@pytest.mark.parametrize(
    ("value", "wrong"),
    [("ip", []), (["ip", "label"], []), ("$x", []), ([], []), (5, [""]), (["ip", 5], ["1"])],
)
def test_a_list_of_one_needs_no_brackets(value: object, wrong: list[str]) -> None:
    assert refused_data(one_or_list(TEXT), value) == wrong


def test_pairs_have_a_schema_for_each_place() -> None:
    schema = schema_of(tuple[Number, Flag])
    assert refused_data(schema, [1, True]) == []
    assert refused_data(schema, [True, 1]) == ["0", "1"]
    assert refused_data(schema, [1]) == [""]


def test_a_description_is_one_line_and_ends_with_the_default() -> None:
    assert described({"type": "integer"}, "Sides,\nin pixels.", 3) == {
        "type": "integer",
        "description": "Sides, in pixels. Default: 3",
        "default": 3,
    }


@pytest.mark.parametrize(
    ("default", "shown"),
    [(False, "false"), (1e-5, "1.0e-05"), ({"type": "gaussian"}, "{type: gaussian}")],
)
def test_a_default_is_told_as_yaml_has_it(default: object, shown: str) -> None:
    assert described({}, "What.", default)["description"] == f"What. Default: {shown}"


def test_a_default_that_the_text_explains_is_not_told() -> None:
    assert described({}, "Left out: all.", None) == {"description": "Left out: all."}
