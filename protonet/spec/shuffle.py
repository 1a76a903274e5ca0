"""How a set is shuffled: `true`, `false`, `full`, `block`, `buffer:1000`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from protonet.records import custom_error, nearest

BLOCK = "block"
FULL = "full"
_BUFFER = re.compile(r"buffer:([0-9]{1,10})\Z", re.ASCII)
_MOST = 2**31 - 1
_KINDS = "true, false, full, block or buffer:N"


def read_shuffle(written: Any) -> bool | str:
    """Return what is written, `full` as True.

    Raises: PydanticCustomError for anything else.
    """
    if isinstance(written, bool):
        return written
    if not isinstance(written, str):
        raise custom_error("PN010", f"{_KINDS} is needed")
    if written == FULL:
        return True
    match = _BUFFER.match(written)
    if match is None and written != BLOCK:
        raise custom_error(
            "PN014", f"no way to shuffle has this name: it is {_KINDS}", _hint(written)
        )
    if match is not None and not 2 <= int(match[1]) <= _MOST:
        why = f"a record moves at least 2 places in a buffer, at most {_MOST}"
        raise custom_error(
            "PN013", why, "shuffle: false moves none, shuffle: true moves it anywhere"
        )
    return written


def buffer_of(shuffle: bool | str) -> int | None:
    """Return N of `buffer:N`, None for the other kinds.

    >>> buffer_of("buffer:1000"), buffer_of("block"), buffer_of(True)
    (1000, None, None)
    """
    match = _BUFFER.match(shuffle) if isinstance(shuffle, str) else None
    return int(match[1]) if match else None


def _hint(written: str) -> str:
    name, colon, number = written.partition(":")
    if not colon and name == "buffer":
        return "say how far: buffer:1000"
    near = nearest(name, ("full", "block", "buffer", "true", "false"))
    if near == "buffer":
        return f"did you mean buffer:{number if number.isascii() and number.isdigit() else 1000}?"
    return f"did you mean {near}?" if near else ""


Shuffle = Annotated[
    bool | str,
    PlainValidator(read_shuffle),
    PlainSerializer(lambda value: value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "boolean"},
                {"enum": [FULL, BLOCK]},
                {"type": "string", "pattern": r"^buffer:[0-9]+$"},
            ]
        }
    ),
]
"""Whether and how the records are shuffled."""
