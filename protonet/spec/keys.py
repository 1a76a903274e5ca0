"""Words of the language: those kept for later versions, and the spelling of unknown ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from protonet.errors import Path
from protonet.records import custom_error, restated, suggestion

_BLOCKS = "blocks of layers"
_REUSE = "reuse of other files"
_OPTIM = "torch's own optimizers"
RESERVED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "": {"base": _REUSE, "vars": _BLOCKS, "plugins": "layer types of the user's own"},
        "net": {"blocks": _BLOCKS, "deploy": "a deploy net other than the derived one"},
        "net.layers": {"if": _BLOCKS, "repeat": _BLOCKS, "share": _BLOCKS},
        "solver": {
            "optimizer": _OPTIM,
            "params": "learning rates by name",
            "updates": "losses that update different parameters",
            "precision": "mixed precision",
        },
    }
)
"""Keys of the language that a later version runs, by the map they stand in, with what for."""


def reserved_for(path: Path) -> str:
    """Return what the key at this path is kept for; nothing where it is no such key."""
    place, key = ".".join(str(step) for step in path[:-1] if isinstance(step, str)), path[-1]
    return RESERVED.get(place, {}).get(str(key), "")


def lines_of(error: ValidationError) -> list[InitErrorDetails]:
    """Return the errors of one validation in the form that another is made from."""
    return restated(error.errors(include_url=False))


def line(code: str, why: str, hint: str, where: tuple[str, ...], found: Any) -> InitErrorDetails:
    """Return one error at a place below the model that is being validated."""
    return InitErrorDetails(type=custom_error(code, why, hint), loc=where, input=found)


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
