"""What a JSON Schema says of a spec, by the reference implementation of JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from protonet.editor import language_schema
from protonet.editor.values import Schema
from protonet.source import read_source
from tests.specs import origin_of

LANGUAGE = cache(language_schema)
"""The schema of the language, or of a file; made once."""


def validator(schema: Schema) -> Any:
    """Return a validator; skip the test where there is none."""
    reason = "jsonschema, which judges the schema, is not installed"
    return pytest.importorskip("jsonschema", reason=reason).Draft7Validator(schema)


def refused(schema: Schema, text: str) -> list[str]:
    """Return the places in an indented text that a schema refuses, as `net.layers.0.kernel_size`;
    of a key that may not stand there, the place of its map."""
    return refused_data(schema, origin_of(dedent(text)).data)


def refused_in_file(schema: Schema, path: Path) -> list[str]:
    """Return the places of a file that a schema refuses."""
    return refused_data(schema, read_source(path).data)


def refused_data(schema: Schema, data: Any) -> list[str]:
    """Return the places in plain data that a schema refuses, the deepest of each error."""
    found = (place for error in validator(schema).iter_errors(data) for place in _deepest(error))
    return sorted({".".join(map(str, place)) for place in found})


def _deepest(error: Any) -> Iterator[tuple[str | int, ...]]:
    """Yield the places at which the nearest of several alternatives fails."""
    below = [place for inner in error.context or () for place in _deepest(inner)]
    depth = max(map(len, below), default=0)
    own = tuple(error.absolute_path)
    yield from (place for place in below if len(place) == depth) if depth > len(own) else [own]
