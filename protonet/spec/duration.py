"""Durations: `90 epochs`, `500 iterations`, `30 minutes`; a bare whole number counts iterations."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Annotated, Any, Literal

from pydantic import PlainValidator, WithJsonSchema

from protonet.records import custom_error, suggestion

MOST = 2**31 - 1
"""Iterations at most, what Caffe's int32 holds."""

_WRITTEN = re.compile(r"(-?)(\d{1,10}(?:\.\d{1,10})?)( *)([A-Za-z]+)\Z", re.ASCII)
"""An amount and its unit. Digits are few, so that exact arithmetic stays cheap."""
_UNITS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("iteration", "iterations"), ("iterations", 1)),
    **dict.fromkeys(("epoch", "epochs"), ("epochs", 1)),
    **dict.fromkeys(("second", "seconds"), ("seconds", 1)),
    **dict.fromkeys(("minute", "minutes"), ("seconds", 60)),
    **dict.fromkeys(("hour", "hours"), ("seconds", 3600)),
}
"""What each unit measures, and how many of that it is."""
_EXAMPLES = "500, 500 iterations or 0.5 epochs"


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of training that is not in iterations: the number of records turns epochs into them,
    a clock decides on seconds.

    Attributes:
        amount: how many of the unit, exactly as written.
        unit: an epoch is as many samples as the training set has records.
        written: as the file has it.
    """

    amount: Fraction
    unit: Literal["epochs", "seconds"] = "epochs"
    written: str = field(default="", compare=False)

    def __str__(self) -> str:
        if self.written:
            return self.written
        amount = self.amount
        number = str(amount.numerator) if amount.denominator == 1 else str(float(amount))
        return f"{number} {self.unit.rstrip('s') if amount == 1 else self.unit}"


def iterations(duration: int | Duration, records: int, samples: int) -> int:
    """Return ceil(amount * records / samples) of epochs, at least 1; whole numbers are iterations
    already.

    Training is a stream in which a batch may span two epochs, so only the end is rounded: 90 epochs
    are not 90 times what one epoch is rounded up to.

    Args:
        duration: what is turned into iterations.
        records: number of records of the training set, at least 1.
        samples: samples of one iteration, batch_size * iter_size.

    >>> iterations(Duration(Fraction(90)), 60_000, 64)
    84375
    """
    if isinstance(duration, int):
        return duration
    return max(1, ceil(duration.amount * records / samples))


def parse(value: object, least: int = 1, *, timed: bool = False) -> int | Duration:
    """Return a length of training: iterations as a whole number, epochs and time as a Duration.

    Args:
        value: what the file has.
        least: 1, or 0 where "never" is meant by it; iterations.
        timed: whether it may be a time.

    Raises: PydanticCustomError saying what would be right.
    """
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return _measured(value, least, timed=timed)
    if isinstance(value, bool) or not isinstance(value, int):
        raise custom_error("PN010", "a whole number or a duration is needed", _EXAMPLES)
    return _in_range(value, least)


def _measured(text: str, least: int, *, timed: bool) -> int | Duration:
    found = _WRITTEN.match(text)
    if not found:  # a number in quotes is explained by what explains every such number
        hint = "" if text.replace(".", "", 1).removeprefix("-").isdigit() else _EXAMPLES
        raise custom_error("PN010", "a whole number or a duration is needed", hint)
    sign, digits, gap, unit = found.groups()
    if not gap:
        raise custom_error("PN010", "a space is missing", f"write {sign}{digits} {unit}")
    if unit not in _UNITS:
        raise custom_error("PN014", f"unknown unit {unit}", suggestion(unit, _UNITS))
    amount = Fraction(digits)
    if sign or (amount == 0 and least > 0):
        raise custom_error("PN013", f"must be {'at least' if least == 0 else 'above'} 0")
    return _in_unit(amount, unit, text, least, timed=timed)


def _in_unit(amount: Fraction, unit: str, text: str, least: int, *, timed: bool) -> int | Duration:
    measured, size = _UNITS[unit]
    if measured == "iterations":
        if amount.denominator != 1:
            raise custom_error(
                "PN013", "iterations are whole", f"such as {ceil(amount)} iterations"
            )
        return _in_range(int(amount), least)
    if measured == "epochs":
        return Duration(amount) if amount else 0
    if not timed:
        raise custom_error("PN013", "this follows iterations, not a clock", _EXAMPLES)
    return Duration(amount * size, "seconds", text) if amount else 0


def _in_range(number: int, least: int) -> int:
    if number < least:
        raise custom_error("PN013", f"must be {'at least' if least == 0 else 'above'} 0")
    if number > MOST:
        raise custom_error("PN013", f"must be at most {MOST}")
    return number


def _iterations_only(value: object) -> int:
    if isinstance(value, float):
        raise custom_error("PN010", "a whole number is needed")
    parsed = parse(value)
    if isinstance(parsed, Duration):
        why = "this is counted in iterations, and not known in epochs"
        raise custom_error("PN013", why, "100 iterations")
    return parsed


_COUNTED = "iterations?|epochs?"
_TIMED = f"{_COUNTED}|seconds?|minutes?|hours?"


def _schema(least: int, units: str = _COUNTED) -> WithJsonSchema:
    number = {"type": "integer", "minimum": least, "maximum": MOST}
    pattern = rf"^[0-9]+(\.[0-9]+)? +({units})$"
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": pattern}]})


def _parser(least: int, *, timed: bool = False) -> Callable[[Any], int | Duration]:
    return lambda value: parse(value, least, timed=timed)


Length = Annotated[int | Duration, PlainValidator(_parser(1)), _schema(1)]
"""A length of training of at least one iteration."""
TimedLength = Annotated[int | Duration, PlainValidator(_parser(1, timed=True)), _schema(1, _TIMED)]
"""A length of training of at least one iteration, or of time."""
Interval = Annotated[int | Duration, PlainValidator(_parser(0)), _schema(0)]
"""A length of training, or 0 for none."""
TimedInterval = Annotated[
    int | Duration, PlainValidator(_parser(0, timed=True)), _schema(0, _TIMED)
]
"""A length of training or of time, or 0 for never."""
Iterations = Annotated[int, PlainValidator(_iterations_only), _schema(1, "iterations?")]
"""A number of iterations, of at least 1; no epochs."""
