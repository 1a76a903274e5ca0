"""What a source names: one dataset, several one after the other, or several by weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from protonet.records import custom_error, shortened
from protonet.spec.keys import line, refused

Addresses = str | tuple[str, ...] | dict[str, float]
"""As it is written."""


def addresses_of(written: Any) -> tuple[str, ...]:
    """Return the datasets that a source names, in their order.

    >>> addresses_of("a.lmdb"), addresses_of({"a.lmdb": 3, "b.lmdb": 1})
    (('a.lmdb',), ('a.lmdb', 'b.lmdb'))
    """
    return (written,) if isinstance(written, str) else tuple(written)


def weights_of(written: Any) -> tuple[float, ...] | None:
    """Return the weight of each dataset, or None where they are not read by weight."""
    return tuple(written.values()) if isinstance(written, Mapping) else None


def readdressed(written: Any, change: Callable[[str], str]) -> Any:
    """Return a source as it is written with every address changed."""
    if isinstance(written, str):
        return change(written)
    if isinstance(written, Mapping):
        return {change(address): weight for address, weight in written.items()}
    return [change(address) for address in written]


def read_addresses(written: Any) -> Addresses:
    """Return a source's addresses.

    Raises: PydanticCustomError for what names none.
    """
    if isinstance(written, str) and written:
        return written
    if written in ("", [], {}):
        raise custom_error("PN013", f"the {'text' if written == '' else 'source'} is empty")
    if not isinstance(written, list | dict | tuple):
        raise custom_error("PN010", "a text is needed, or a list of texts, or a map of weights")
    _check_addresses(tuple(written))
    if not isinstance(written, dict):
        return tuple(written)
    for address, weight in written.items():
        _check_weight(address, weight)
    return dict(written)


def _check_addresses(written: tuple[Any, ...]) -> None:
    for place, address in enumerate(written):
        if not isinstance(address, str) or not address:
            why = f"each of several datasets is named by a text, not by {shortened(address)}"
            raise custom_error("PN010", why)
        if address in written[:place]:
            hint = "source: {a.lmdb: 2, b.lmdb: 1} reads one more often than another"
            raise custom_error("PN013", f"{address} is named twice", hint)


def _check_weight(address: str, weight: Any) -> None:
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise refused(line("PN010", "a weight is a number", "", (address,), weight))
    if not 0 < weight < float("inf"):
        raise refused(line("PN013", "a weight is a finite number above 0", "", (address,), weight))


_TEXT = {"type": "string", "minLength": 1}
Source = Annotated[
    Addresses,
    PlainValidator(read_addresses),
    PlainSerializer(lambda value: value),
    WithJsonSchema(
        {
            "anyOf": [
                _TEXT,
                {"type": "array", "items": _TEXT, "minItems": 1},
                {
                    "type": "object",
                    "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
                },
            ]
        }
    ),
]
"""One dataset, or several."""
