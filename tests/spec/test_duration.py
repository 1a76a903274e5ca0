"""Lengths of training: what is read, what is refused, and how many iterations it comes to."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from protonet.spec.duration import Duration, Interval, Iterations, Length, iterations, parse


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (500, 500),
        ("500 iterations", 500),
        ("1 iteration", 1),
        ("7.0 iterations", 7),
        ("90 epochs", Duration(Fraction(90))),
        ("1 epoch", Duration(Fraction(1))),
        ("0.5   epochs", Duration(Fraction(1, 2))),
        (2**31 - 1, 2**31 - 1),
    ],
)
def test_a_length_is_a_number_of_iterations_or_of_epochs(
    written: object, expected: int | Duration
) -> None:
    assert parse(written) == expected


@pytest.mark.parametrize("written", [0, "0 iterations", "0 epochs", "0.0 epochs"])
def test_never_is_0_where_that_is_allowed(written: object) -> None:
    assert parse(written, least=0) == 0
    with pytest.raises(PydanticCustomError, match=r"^must be above 0$"):
        parse(written)


EXAMPLES = "500, 500 iterations or 0.5 epochs"
NEEDED = "a whole number or a duration is needed"


@pytest.mark.parametrize(
    ("written", "code", "why", "hint"),
    [
        (2.5, "PN010", NEEDED, EXAMPLES),
        (True, "PN010", NEEDED, EXAMPLES),
        (None, "PN010", NEEDED, EXAMPLES),
        (["1 epoch"], "PN010", NEEDED, EXAMPLES),
        ("epochs", "PN010", NEEDED, EXAMPLES),
        ("1e3 epochs", "PN010", NEEDED, EXAMPLES),
        ("nan epochs", "PN010", NEEDED, EXAMPLES),
        ("1 epoch 2", "PN010", NEEDED, EXAMPLES),
        ("90", "PN010", NEEDED, ""),  # what explains every number in quotes explains it
        (f"{'9' * 5000} epochs", "PN010", NEEDED, EXAMPLES),
        ("90epochs", "PN010", "a space is missing", "write 90 epochs"),
        ("90 ephocs", "PN014", "unknown unit ephocs", "did you mean epochs?"),
        (
            "90 km",
            "PN014",
            "unknown unit km",
            "known: epoch, epochs, hour, hours, iteration, iterations, minute, minutes, second, "
            "seconds",
        ),
        (-1, "PN013", "must be above 0", ""),
        ("-1 epochs", "PN013", "must be above 0", ""),
        ("2.5 iterations", "PN013", "iterations are whole", "such as 3 iterations"),
        (2**31, "PN013", "must be at most 2147483647", ""),
        ("10 minutes", "PN013", "this follows iterations, not a clock", EXAMPLES),
        ("1 hour", "PN013", "this follows iterations, not a clock", EXAMPLES),
    ],
)
def test_what_is_no_length_is_told(written: object, code: str, why: str, hint: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        parse(written)
    assert (caught.value.type, caught.value.message()) == (code, why)
    assert (caught.value.context or {})["hint"] == hint


@pytest.mark.parametrize(
    ("amount", "records", "samples", "expected"),
    [
        ("90", 60, 8, 675),  # 90 * 60 / 8 exactly, not 90 * ceil(7.5) = 720
        ("1", 60, 8, 8),  # 7.5
        ("0.7", 60_000, 100, 420),  # in floating point a little more than 420
        ("0.001", 60, 8, 1),  # 0.0075: at least one
        ("90", 1_281_167, 256, 450_411),  # 450410.27
    ],
)
def test_epochs_are_rounded_up_once_at_their_end(
    amount: str, records: int, samples: int, expected: int
) -> None:
    assert iterations(Duration(Fraction(amount)), records, samples) == expected


def test_iterations_stay_what_they_are() -> None:
    assert iterations(0, 60, 8) == 0
    assert iterations(500, 60, 8) == 500


@pytest.mark.parametrize("written", ["90 epochs", "1 epoch", "0.5 epochs", "0.1 epochs"])
def test_a_duration_is_shown_as_it_is_written(written: str) -> None:
    assert str(parse(written)) == written


def test_some_lengths_are_counted_in_iterations_only() -> None:
    adapter: TypeAdapter[int] = TypeAdapter(Iterations)
    assert adapter.validate_python("100 iterations") == 100
    for written, why in (
        ("1 epoch", "this is counted in iterations, and not known in epochs"),
        (1.5, "a whole number is needed"),
    ):
        with pytest.raises(ValidationError) as caught:
            adapter.validate_python(written)
        assert caught.value.errors()[0]["msg"] == why


@pytest.mark.parametrize(
    ("adapter", "least", "text", "other"),
    [
        (TypeAdapter(Length), 1, "0.5 epochs", "90epochs"),
        (TypeAdapter(Interval), 0, "1 epoch", "10 minutes"),
        (TypeAdapter(Iterations), 1, "20 iterations", "1 epoch"),
    ],
)
def test_an_editor_is_told_both_forms(
    adapter: TypeAdapter[object], least: int, text: str, other: str
) -> None:
    number, words = adapter.json_schema()["anyOf"]
    assert number == {"type": "integer", "minimum": least, "maximum": 2147483647}
    assert words["type"] == "string"
    assert re.search(words["pattern"], text)
    assert not re.search(words["pattern"], other)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30 seconds", 30), ("10 minutes", 600), ("1 minute", 60), ("1.5 hours", 5400)],
)
def test_a_time_is_known_in_seconds_and_shown_as_it_is_written(written: str, seconds: int) -> None:
    found = parse(written, timed=True)
    assert found == Duration(Fraction(seconds), "seconds")
    assert str(found) == written


def test_no_time_is_never() -> None:
    assert parse("0 minutes", least=0, timed=True) == 0
    with pytest.raises(PydanticCustomError, match="must be above 0"):
        parse("0 minutes", timed=True)
