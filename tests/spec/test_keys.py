"""Words kept for later, and the spelling of unknown ones."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import InitErrorDetails

from protonet.errors import Path
from protonet.spec.keys import RESERVED, line, refused, reserved_for, respelt
from protonet.spec.layer import COMMON
from protonet.spec.net import NetSpec
from protonet.spec.solver import SolverSpec


@pytest.mark.parametrize(
    ("path", "purpose"),
    [
        (("base",), "reuse of other files"),
        (("net", "blocks"), "blocks of layers"),
        (("net", "layers", 3, "repeat"), "blocks of layers"),
        (("solver", "updates"), "losses that update different parameters"),
        (("net", "base"), ""),
        (("data", "train", "if"), ""),
        (("net", "layers", 3, "weight_filler", "if"), ""),
    ],
)
def test_a_reserved_word_is_reserved_in_its_place_only(path: Path, purpose: str) -> None:
    assert reserved_for(path) == purpose


def test_no_reserved_word_can_be_used_already() -> None:
    assert not RESERVED["net.layers"].keys() & COMMON
    assert not RESERVED["net"].keys() & NetSpec.model_fields.keys()
    assert RESERVED["solver"].keys() & SolverSpec.model_fields.keys() == {"optimizer"}  # hidden


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
