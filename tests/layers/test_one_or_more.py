from __future__ import annotations

from typing import Any

import pytest

from protonet.layers.one_or_more import Counts, NonNegatives, Sizes
from protonet.records import Record
from tests.layers.building import complaints


class Keys(Record):
    """One of each kind."""

    counts: Counts = (1,)
    """At least 1."""
    sizes: Sizes = (0,)
    """At least 0."""
    numbers: NonNegatives = (0.5,)
    """At least 0, and a fraction if need be."""


def test_one_number_is_a_list_of_one_and_written_as_it_came() -> None:
    keys = Keys.model_validate({"counts": 3, "sizes": [0, 2], "numbers": [0.5]})
    assert (keys.counts, keys.sizes, keys.numbers) == ((3,), (0, 2), (0.5,))
    assert keys.model_dump() == {"counts": 3, "sizes": [0, 2], "numbers": 0.5}


@pytest.mark.parametrize(
    ("keys", "where", "why"),
    [
        ({"counts": 0}, "counts", "Input should be greater than 0"),
        ({"sizes": [1, -1]}, "sizes.1", "Input should be greater than or equal to 0"),
        ({"numbers": "x"}, "numbers", "a number is needed"),
        ({"numbers": [1, True]}, "numbers.1", "a number is needed"),
        ({"numbers": []}, "numbers", "at least one number is needed"),
    ],
)
def test_what_is_wrong_is_said_once_and_where(keys: dict[str, Any], where: str, why: str) -> None:
    ((found, _, text, _),) = complaints(Keys, **keys)
    assert (found, text) == (where, why)


def test_an_editor_learns_that_both_forms_are_right() -> None:
    number = {"type": "number", "minimum": 0}
    assert Keys.model_json_schema()["properties"]["numbers"]["anyOf"] == [
        number,
        {"type": "array", "items": number, "minItems": 1},
    ]
