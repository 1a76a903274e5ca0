from __future__ import annotations

from typing import Literal

import pytest

from protonet.fillers import Filler, constant
from protonet.look.keys import REQUIRED, Key, described, keys_of
from protonet.records import Count, Flag, Fraction, NonNegative, Record, Text


class Inner(Record):
    """A map inside."""

    size: Count
    """Its size, in pixels."""


class Model(Record):
    """A model with keys of many kinds."""

    count: Count
    """How many,
    in pieces."""
    share: Fraction = 0.5
    """A share."""
    mode: Literal["MAX", "AVE"] = "MAX"
    """What is taken."""
    sides: tuple[Count, ...] = (1,)
    """Sides, in pixels."""
    flag: Flag | None = None
    """Left out: it depends."""
    inner: tuple[Inner, ...] = ()
    """Maps."""
    filler: Filler = constant(0.5)
    """How it starts."""
    undescribed: Text = "a: b"


def test_each_key_says_what_it_takes_and_what_stands_without_it() -> None:
    *plain, filler, undescribed = keys_of(Model)
    assert plain == [
        Key("count", "whole number ≥ 1", REQUIRED, "How many, in pieces."),
        Key("share", "number ≥ 0, ≤ 1", "0.5", "A share."),
        Key("mode", "MAX | AVE", "MAX", "What is taken."),
        Key("sides", "list of whole numbers ≥ 1", "1", "Sides, in pixels."),
        Key("flag", "true | false", "", "Left out: it depends."),
        Key("inner", "list of maps", "", "Maps."),
    ]
    assert filler.type.endswith("uniform | xavier, or map")
    assert filler.default == "{type: constant, value: 0.5}"
    assert undescribed == Key("undescribed", "text", "'a: b'", "")


def test_keys_can_be_chosen() -> None:
    assert [key.name for key in keys_of(Model, ["mode", "count"])] == ["count", "mode"]


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer"}, "whole number"),
        ({"type": "integer", "exclusiveMinimum": 0, "maximum": 2147483647}, "whole number ≥ 1"),
        ({"type": "number", "exclusiveMinimum": 0}, "number > 0"),
        ({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, "number ≥ 0, < 1"),
        ({"type": "boolean"}, "true | false"),
        ({"type": "string"}, "text"),
        ({"const": "inv"}, "inv"),
        ({}, "anything"),
        ({"type": "array", "items": {"type": "string"}}, "list of texts"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, "list of a | b"),
        ({"$ref": "#/$defs/Inner"}, "map"),
        ({"anyOf": [{"type": "object"}, {"type": "object"}, {"type": "null"}]}, "map"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "whole number, or text"),
    ],
)
def test_a_schema_in_words(schema: dict[str, object], text: str) -> None:
    assert described(schema, {"Inner": {"type": "object", "properties": {}}}) == text


def test_a_bound_of_none_is_no_bound() -> None:
    class Bounded(Record):
        rate: NonNegative | None = None

    assert keys_of(Bounded) == (Key("rate", "number ≥ 0", "", ""),)
