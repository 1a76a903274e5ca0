"""Errors inside models of the spec, and the spelling of unknown keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from protonet.records import Record, custom_error, restated, suggestion


def lines_of(error: ValidationError) -> list[InitErrorDetails]:
    """Return the errors of one validation in the form that another is made from."""
    return restated(error.errors(include_url=False))


def line(code: str, why: str, hint: str, where: tuple[str, ...], found: Any) -> InitErrorDetails:
    """Return one error at a place below the model that is being validated."""
    return InitErrorDetails(type=custom_error(code, why, hint), loc=where, input=found)


def by_type(value: Any) -> tuple[str, dict[str, Any], tuple[str, ...]] | None:
    """Return what a bare name, or a map with a `type`, names: the type, its own keys, and where the
    name stands; None where there is no such name."""
    if isinstance(value, str):
        return value, {}, ()
    if not isinstance(value, Mapping) or not isinstance(value.get("type"), str):
        return None
    return value["type"], {key: item for key, item in value.items() if key != "type"}, ("type",)


def without_type(value: Any) -> Any:
    """Return what the model of a map without a type is to judge: of its other keys nothing is
    known."""
    if not isinstance(value, Mapping):
        return value
    return {key: item for key, item in value.items() if key == "type"}


def plain(value: Any) -> Any:
    """Return a value of a model as it may have been written."""
    return value.model_dump(exclude_unset=True) if isinstance(value, Record) else value


def refused(*lines: InitErrorDetails) -> ValidationError:
    """Return an error for a validator to raise that concerns places below its model."""
    return ValidationError.from_exception_data("spec", list(lines))


def respelt(
    lines: Iterable[InitErrorDetails],
    known: Iterable[str],
    hints: Mapping[str, str] = MappingProxyType({}),
) -> list[InitErrorDetails]:
    """Return the errors with the unknown keys compared with all the keys that may stand there.

    Args:
        lines: what the models said; each knows its own keys only.
        known: every key that may stand in the map.
        hints: what to say of certain keys instead of the nearest known one.
    """
    names = set(known)
    return [_respelt(one, names, hints) for one in lines]


def _respelt(one: InitErrorDetails, known: set[str], hints: Mapping[str, str]) -> InitErrorDetails:
    where: Sequence[int | str] = one.get("loc", ())
    if len(where) != 1 or getattr(one["type"], "type", "") != "PN012":
        return one
    key = str(where[0])
    hint = hints.get(key) or suggestion(key, known, most=30)
    return {**one, "type": custom_error("PN012", "unknown key", hint)}
