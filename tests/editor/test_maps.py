from __future__ import annotations

import pytest
from pydantic import Field

from protonet.editor.maps import closed, keys, model, required, typed
from protonet.fillers import Filler, constant
from protonet.records import Count, Flag, Record
from tests.json_schema import refused_data


class Sides(Record):
    """A window."""

    side: Count
    """Side, in pixels."""
    filler: Filler = constant(0.5)
    """What fills it."""
    counted: Flag = Field(default=False, exclude=True)
    """Nothing of the language."""


class Nothing(Record):
    """No window."""


def test_keys_are_the_fields_that_a_user_writes() -> None:
    assert list(keys(Sides)) == ["side", "filler"]


def test_the_docstring_of_a_key_is_its_description() -> None:
    assert keys(Sides)["side"]["description"] == "Side, in pixels. Required."


def test_a_filler_is_a_definition_and_its_default_as_written() -> None:
    assert keys(Sides)["filler"] == {
        "$ref": "#/definitions/filler",
        "description": "What fills it. Default: {type: constant, value: 0.5}",
        "default": {"type": "constant", "value": 0.5},
    }


def test_a_field_may_be_spelt_in_more_ways_than_pydantic_knows() -> None:
    assert keys(Sides, {"side": {"type": "string"}})["side"] == {
        "type": "string",
        "description": "Side, in pixels. Required.",
    }


def test_what_has_no_default_is_required() -> None:
    assert required(Sides) == ["side"]
    assert model(Sides)["required"] == ["side"]


def test_a_map_refuses_other_keys() -> None:
    assert refused_data(closed({"a": True}), {"a": 1}) == []
    assert refused_data(closed({"a": True}), {"a": 1, "b": 2}) == [""]


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({"type": "sides", "side": 3}, []),
        ({"type": "sides", "side": "$k"}, []),
        ({"type": "sides"}, [""]),
        ({"type": "nothing"}, []),
        ({"type": "nothing", "side": 3}, [""]),
        ({"type": "nothign"}, ["type"]),
        ({"type": "$kind", "side": 3}, []),
        ({"side": 3}, [""]),
    ],
)
def test_the_type_says_which_keys_there_are(value: object, wrong: list[str]) -> None:
    kinds: dict[str, type[Record]] = {"sides": Sides, "nothing": Nothing}
    schema = typed(kinds, "A window.")
    schema["definitions"] = {"filler": {}}
    assert refused_data(schema, value) == wrong


def test_without_a_type_the_default_type_counts() -> None:
    schema = typed({"nothing": Nothing, "sides": Sides}, "A window.", default="nothing")
    schema["definitions"] = {"filler": {}}
    assert refused_data(schema, {}) == []
    assert refused_data(schema, {"side": 3}) == [""]
