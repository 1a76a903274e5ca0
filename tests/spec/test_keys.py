"""Errors inside models, and the spelling of unknown keys."""

from __future__ import annotations

from typing import Any

from pydantic_core import InitErrorDetails

from protonet.spec.keys import line, refused, respelt


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
