"""Overrides of the command line: `solver.base_lr=0.02`, layers by name:
`net.layers.conv1.num_output=32`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from protonet.errors import SpecError
from protonet.problems import Mark, Problem, SourceText
from protonet.records import suggestion
from protonet.source.marks import Marks
from protonet.source.yaml_text import read_yaml

_NAME = "command line"


def apply_overrides(data: Any, marks: Marks, overrides: Iterable[str]) -> None:
    """Set each `path=value` in the data, and mark it as coming from the command line.

    Maps on the way that do not exist are made; layers are found by name. The value is YAML.
    Raises: SpecError naming every override that fits nothing.
    """
    problems = [problem for text in overrides if (problem := _apply(data, marks, text))]
    if problems:
        raise SpecError(problems, f"the {_NAME}")


def _apply(data: Any, marks: Marks, text: str) -> Problem | None:
    source = SourceText(_NAME, (text,))
    path, equals, value_text = text.partition("=")
    whole = Mark(source, 1, 1, len(text) + 1)
    if not equals or not path or not all(path.split(".")):
        return Problem(
            "PN030", whole, "", "an override is written path=value", "", "solver.base_lr=0.02"
        )
    key = Mark(source, 1, 1, len(path) + 1)
    try:
        value, value_marks = read_yaml(value_text or "null", _NAME)
    except SpecError as error:
        return Problem("PN030", whole, path, f"the value is no YAML: {error.problems[0].why}")
    shift_marks(value_marks, source, len(path) + 1)
    value_marks.key = key
    return _set(data, marks, path.split("."), (value, value_marks))


def shift_marks(marks: Marks, source: SourceText, columns: int) -> None:
    """Move marks read from a part of a line to their place in the whole line of `source`."""
    old = marks.value
    marks.value = Mark(source, 1, old.column + columns, old.end + columns)
    for child in marks.children.values():
        shift_marks(child, source, columns)


def _set(data: Any, marks: Marks, steps: list[str], new: tuple[Any, Marks]) -> Problem | None:
    key = new[1].key
    for depth, step in enumerate(steps):
        place = ".".join(steps[:depth])
        where, known = _enter(data, step)
        if where is None:
            hint = suggestion(step, known) if known else ""
            why = f"no layer is named {step}" if isinstance(data, list) else f"{place} is no map"
            return Problem("PN030", key, ".".join(steps), why, "", hint)
        if depth == len(steps) - 1:
            data[where], marks.children[where] = new
            return None
        if isinstance(data, dict) and where not in data:
            data[where], marks.children[where] = {}, Marks(new[1].value, key)
        data, marks = data[where], marks.children[where]
    return None


def _enter(data: Any, step: str) -> tuple[Any, list[str]]:
    """Return the key or index that `step` means in `data`, and the names there are; None fits
    nothing."""
    if isinstance(data, dict):
        return step, []
    if not isinstance(data, list):
        return None, []
    names = [str(item["name"]) for item in data if isinstance(item, dict) and "name" in item]
    for index, item in enumerate(data):
        if isinstance(item, dict) and str(item.get("name")) == step:
            return index, names
    if step.isdecimal() and int(step) < len(data):
        return int(step), names
    return None, names
