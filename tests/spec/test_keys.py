"""Errors inside models, and the spelling of unknown keys."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import InitErrorDetails

from protonet.spec.keys import by_type, line, refused, respelt, without_type


def lines(error: Any) -> list[tuple[Any, ...]]:
    return [
        (one["type"], one["loc"], one["msg"], one["ctx"]["hint"])
        for one in error.errors(include_url=False)
    ]


def test_errors_at_places_below_a_model_keep_code_place_and_hint() -> None:
    error = refused(line("PN014", "no such thing", "a hint", ("type",), "x"))
    assert lines(error) == [("PN014", ("type",), "no such thing", "a hint")]


def unknown(*where: str) -> InitErrorDetails:
    return line("PN012", "unknown key", "known: a", where, 1)


def test_unknown_keys_are_compared_with_all_keys_of_the_map() -> None:
    given = [unknown("strid"), unknown("deep", "strid"), unknown("gamma")]
    respelled = refused(*respelt(given, ["stride", "pad"], {"gamma": "look there"}))
    assert [hint for *_, hint in lines(respelled)] == [
        "did you mean stride?",
        "known: a",
        "look there",
    ]


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("step", ("step", {}, ())),
        ({"type": "step", "gamma": 1}, ("step", {"gamma": 1}, ("type",))),
        ({"gamma": 1}, None),
        ({"type": 3}, None),
        (3, None),
    ],
)
def test_a_type_is_a_bare_name_or_stands_in_a_map(value: object, named: object) -> None:
    assert by_type(value) == named


def test_a_map_without_a_type_is_judged_by_that_alone() -> None:
    assert without_type({"gamma": 1}) == {}
    assert without_type({"type": 3, "gamma": 1}) == {"type": 3}
    assert without_type(3) == 3
