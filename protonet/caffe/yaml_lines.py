"""Plain data as YAML that a person would have written: short maps in one line, long ones broken
between their keys."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from protonet.source.yaml_text import means_itself

WIDTH = 100
"""Characters of a line; a single value may be longer."""

_PLAIN = re.compile(r"[\w./-]+(?: [\w./-]+)*", re.ASCII)
_LARGEST_WHOLE = 1e15
_SWITCHES = frozenset({"on", "off", "yes", "no"})
"""Texts that older readers of YAML take for true and false."""


def flow(value: Any) -> str:
    """Return a value in one line.

    >>> flow({"type": "gaussian", "std": 0.01, "shape": [1, 2.0], "on": True})
    '{type: gaussian, std: 0.01, shape: [1, 2], "on": true}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _text(value) if isinstance(value, str) else _number(value)


def entry(keys: Mapping[str, Any], before: str) -> Iterator[str]:
    """Yield a map in braces, in one line or in several.

    Args:
        keys: the map.
        before: what stands before it in its first line, `    - `.
    """
    whole = before + flow(keys)
    if len(whole) <= WIDTH:
        yield whole
        return
    line, indent = before + "{", " " * (len(before) + 1)
    is_first = True
    for place, (key, value) in enumerate(keys.items()):
        part = f"{_text(key)}: {flow(value)}" + ("}" if place == len(keys) - 1 else ",")
        if not is_first and len(line) + 1 + len(part) > WIDTH:
            yield line
            line, is_first = indent, True
        line += part if is_first else f" {part}"
        is_first = False
    yield line


def block(keys: Mapping[str, Any], name: str, indent: str) -> Iterator[str]:
    """Yield a map under its name: in one line where that is short, else a line for each key."""
    whole = f"{indent}{flow(name)}: {flow(keys)}"
    if len(whole) <= WIDTH:
        yield whole
        return
    yield f"{indent}{flow(name)}:"
    for key, value in keys.items():
        yield f"{indent}  {_text(key)}: {flow(value)}"


def remarks(said: Iterable[str], indent: str) -> Iterator[str]:
    """Yield comments, a line for each."""
    for text in said:
        yield f"{indent}#{text}".rstrip()


def _text(text: str) -> str:
    """Return a text as YAML that means it, in quotes where it needs them."""
    is_plain = _PLAIN.fullmatch(text) and means_itself(text) and text[0] != "-"
    if is_plain and text.lower() not in _SWITCHES:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in quoted)


def _number(number: float) -> str:
    """Return a number as people write it: 2 for 2.0, 0.00001 as it is shortest."""
    if math.isnan(number):
        return ".nan"
    if math.isinf(number):
        return ".inf" if number > 0 else "-.inf"
    if isinstance(number, float) and number.is_integer() and abs(number) < _LARGEST_WHOLE:
        return str(int(number))
    return repr(number)
