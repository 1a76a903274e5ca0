"""Overrides of the command line: `solver.base_lr=0.02`, layers by name:
`net.layers.conv1.num_output=32`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from protonet.errors import SpecError
from protonet.problems import Mark, Problem, SourceText
from protonet.records import suggestion
from protonet.source.marks import Marks
from protonet.source.yaml_text import Reading, read_yaml

COMMAND_LINE = "command line"
"""What errors call the place an override stands in."""
_MOST_DIGITS = 10
"""No list has so many items that one is counted with so many digits."""


def apply_overrides(data: Any, marks: Marks, overrides: Iterable[str]) -> list[Problem]:
    """Set each `path=value` in the data, mark it as coming from the command line, and return what
    fits nothing.

    Maps on the way that do not exist are made; layers are found by name. The value is YAML.
    """
    return [problem for text in overrides for problem in _apply(data, marks, text)]


def is_of_inner_layer(data: Any, text: str) -> bool:
    """Return whether an override names a layer that the text itself does not have: it may be one
    of those that blocks make, `net.layers.res2a/conv1.num_output=32`."""
    steps = text.partition("=")[0].split(".")
    layers = (data.get("net") or {}) if isinstance(data, dict) else {}
    layers = layers.get("layers") if isinstance(layers, dict) else None
    if steps[:2] != ["net", "layers"] or len(steps) < 4 or not isinstance(layers, list):
        return False
    uses_blocks = any(isinstance(item, dict) and {"repeat"} & item.keys() for item in layers)
    is_made = "/" in steps[2] or (uses_blocks and "_" in steps[2])
    return is_made and _enter(layers, steps[2])[0] is None


def _apply(data: Any, marks: Marks, text: str) -> list[Problem]:
    legible = re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
    source = SourceText(COMMAND_LINE, tuple(legible.splitlines()), Path.cwd())
    whole = Mark(source, 1, 1, len(text) + 1)
    if legible != text:  # bytes that Python could not decode, kept by it as lone surrogates
        return [Problem("PN030", whole, "", "the override is not UTF-8")]
    path, equals, value = text.partition("=")
    if not equals or not path or not all(path.split(".")):
        why = "an override is written path=value"
        return [Problem("PN030", whole, "", why, hint="for example solver.base_lr=0.02")]
    start = len(path) + 1
    padded = " " * start + (value if value.strip() else "null")
    try:  # the spaces put every mark where it stands in the whole text
        reading = read_yaml(padded, source)
    except SpecError as error:
        mark, why = error.problems[0].mark, error.problems[0].why
        return [Problem("PN030", mark, path, f"the value is no YAML: {why}")]
    reading.marks.key = Mark(source, 1, 1, start)
    return [*reading.problems, *_set(data, marks, path.split("."), reading)]


def _set(data: Any, marks: Marks, steps: list[str], new: Reading) -> list[Problem]:
    key = new.marks.key
    *way, last = steps
    for depth, step in enumerate(way):
        where, hint = _enter(data, step)
        if where is None:
            return [Problem("PN030", key, ".".join(steps), _why(data, steps, depth), hint=hint)]
        if isinstance(data, dict) and data.get(where) is None:
            data[where], marks.children[where] = {}, Marks(new.marks.value, key)
        data, marks = data[where], marks.children[where]
    where, hint = _enter(data, last)
    if where is None:
        return [Problem("PN030", key, ".".join(steps), _why(data, steps, len(way)), hint=hint)]
    data[where], marks.children[where] = new.data, new.marks
    return []


def _why(data: Any, steps: list[str], depth: int) -> str:
    place = ".".join(steps[:depth])
    if not isinstance(data, list):
        return f"{place} is no map"
    return f"nothing in {place} is named {steps[depth]}"


def _enter(data: Any, step: str) -> tuple[Any, str]:
    """Return the key or index that `step` means in `data`; None, and a hint, where it fits
    nothing."""
    if isinstance(data, dict):
        return step, ""
    if not isinstance(data, list):
        return None, ""
    names = {
        str(item["name"]): index
        for index, item in enumerate(data)
        if isinstance(item, dict) and "name" in item
    }
    if step in names:
        return names[step], ""
    if step.isdecimal() and len(step) < _MOST_DIGITS and int(step) < len(data):
        return int(step), ""
    return None, suggestion(step, names) if names else f"it has {len(data)} items, counted from 0"
