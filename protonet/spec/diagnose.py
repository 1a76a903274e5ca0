"""pydantic's errors → problems with a code, a place and words for people."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from protonet.errors import Path, PathError
from protonet.language import Expanded
from protonet.language.expanded import FRAMES
from protonet.language.scope import PASSED_ON
from protonet.problems import CODES, Mark, Problem, Severity
from protonet.records import shortened
from protonet.source import Marks

Words = Callable[[Mapping[str, Any]], tuple[str, str]]
"""From an error's context to its code and what is wrong."""


def _fixed(code: str, why: str) -> Words:
    return lambda context: (code, why)


_WORDS: Mapping[str, Words] = {
    "missing": _fixed("PN011", "missing"),
    "extra_forbidden": _fixed("PN012", "unknown key"),
    "int_type": _fixed("PN010", "a whole number is needed"),
    "float_type": _fixed("PN010", "a number is needed"),
    "bool_type": _fixed("PN010", "true or false is needed"),
    "string_type": _fixed("PN010", "a text is needed"),
    "tuple_type": _fixed("PN010", "a list is needed"),
    "list_type": _fixed("PN010", "a list is needed"),
    "dict_type": _fixed("PN010", "a map is needed"),
    "model_type": _fixed("PN010", "a map is needed"),
    "model_attributes_type": _fixed("PN010", "a map is needed"),
    "finite_number": _fixed("PN013", "a finite number is needed"),
    "string_too_short": _fixed("PN013", "the text is empty"),
    "too_short": lambda context: ("PN013", f"at least {context['min_length']} values are needed"),
    "too_long": lambda context: ("PN013", f"at most {context['max_length']} values are taken"),
    "greater_than": lambda context: ("PN013", f"must be above {_number(context['gt'])}"),
    "greater_than_equal": lambda context: ("PN013", f"must be at least {_number(context['ge'])}"),
    "less_than": lambda context: ("PN013", f"must be below {_number(context['lt'])}"),
    "less_than_equal": lambda context: ("PN013", f"must be at most {_number(context['le'])}"),
    "literal_error": lambda context: (
        "PN014",
        f"must be {str(context['expected']).replace(chr(39), '')}",
    ),
    "enum": lambda context: ("PN014", f"must be {str(context['expected']).replace(chr(39), '')}"),
}


MOST_LOCATED = 20_000
"""Errors of one validation that are located, more than there can be layers; others are counted."""


def problems_of(error: ValidationError, spec: Expanded) -> list[Problem]:
    """Return the errors of a spec's validation as located problems, repeated ones once; of a great
    many the first (`unlocated` counts the others)."""
    lines = error.errors(include_url=False)[:MOST_LOCATED]
    return list(dict.fromkeys(_problem(line, spec) for line in lines))


def unlocated(error: ValidationError) -> int:
    """Return how many errors of a validation `problems_of` leaves out."""
    return max(0, error.error_count() - MOST_LOCATED)


def locate(error: PathError, spec: Expanded, severity: Severity = "error") -> Problem:
    """Return one error at a path as a located problem."""
    trail = spec.trail(error.path)
    mark, words = _place(error.code, _written(error.path, spec), spec)
    return Problem(error.code, mark, words, error.why, error.got, error.hint, severity, trail)


def _place(code: str, path: Path, spec: Expanded) -> tuple[Mark, str]:
    """Return where a path was written, and the path as words."""
    if path[:2] == FRAMES:
        marks, below = spec.marks_at(path)
        return marks.locate(_without_single(below, marks)), _frame_text(path, spec)
    path = _without_single(path, spec.marks)
    return spec.marks.locate(path, key=_is_about_key(code, path)), path_text(path, spec.data)


def _frame_text(path: Path, spec: Expanded) -> str:
    """Return the place of an instance, or of a layer that is off, as words."""
    frame = spec.plan.frames[path[2]] if spec.plan and isinstance(path[2], int) else None
    name = frame.name if frame else ""
    if frame and not name and frame.tops:  # only another name for what exists
        around = [use.instance for use in spec.frames[int(path[2])][1][-1:]]
        name = "/".join([*around, frame.tops[0][1]])
    rest = [str(step) for step in path[3:] if not isinstance(step, int)]
    return ".".join(["net", "layers", *([name] if name else []), *rest])


def _problem(line: Mapping[str, Any], spec: Expanded) -> Problem:
    context = line.get("ctx", {})
    code, why = _words(str(line["type"]), context, str(line["msg"]))
    path = _written(tuple(line["loc"]), spec)
    mark, words = _place(code, path, spec)
    trail = spec.trail(path)
    got = "" if _says_nothing(code, line["input"]) else shortened(line["input"])
    hint = context.get("hint", "") or _quoted(code, line["input"])
    return Problem(code, mark, words, why, got, hint, trail=trail)


def _is_about_key(code: str, path: Path) -> bool:
    """Return whether the key is what is wrong, not the value that follows it."""
    return code in ("PN012", "PN027") or (len(path) == 3 and path[:2] == ("net", "defaults"))


def _says_nothing(code: str, value: object) -> bool:
    """Return whether the value found explains nothing: it is missing, or a map of which a part is
    wrong."""
    return code == "PN011" or (isinstance(value, Mapping) and code not in ("PN010", "PN012"))


def _without_single(path: Path, marks: Marks) -> Path:
    """Return the path without the steps into lists that were written as their only item."""
    found: list[str | int] = []
    below: Marks | None = marks
    for step in path:
        child = below.children.get(step) if below else None
        if child is None and below is not None and isinstance(step, int):
            continue
        found.append(step)
        below = child
    return tuple(found)


def _words(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    if kind in CODES:
        return kind, str(context.get("why", message))
    if kind in _WORDS:
        return _WORDS[kind](context)
    return "PN013", message


def _quoted(code: str, value: object) -> str:
    """Say so where quotes are all that is wrong with a number."""
    bare = isinstance(value, str) and value.replace(".", "", 1).removeprefix("-").isdigit()
    return f"write {value} without quotes" if code == "PN010" and bare else ""


def _written(path: Path, spec: Expanded) -> Path:
    """Return where the offending value was written: a layer's key may stand in the defaults of its
    type or at the instance that it lies in, and a shape need not be in a map."""
    if len(path) < 4 or spec.marks.find(path):
        return path
    written = path
    if path[:2] == ("net", "inputs") and isinstance(_get(spec.data, path[:3]), list):
        written = (*path[:3], *path[4:])
    elif path[:2] == ("net", "layers"):
        layer: Any = _get(spec.data, path[:3])
        kind = str(layer.get("type")) if isinstance(layer, Mapping) else ""
        key = "param" if path[3] == "default_param" else path[3]
        written = ("net", "defaults", kind, key, *path[4:])
        if not spec.marks.find(written) and key in PASSED_ON:
            return _at_instance(path, spec)
    return written if spec.marks.find(written) else path


def _at_instance(path: Path, spec: Expanded) -> Path:
    """Return where the innermost instance around a layer has a key that it passes on."""
    frames = spec.plan.frames if spec.plan else ()
    begun = bisect_right(frames, int(path[2]), key=lambda frame: frame.layers.start)
    for place in range(begun - 1, -1, -1):  # they stand in the order in which they begin
        if path[2] in frames[place].layers and path[3] in spec.frames[place][0].children:
            return (*FRAMES, place, *path[3:])
    return path


def path_text(path: Path, data: Any) -> str:
    """Return a path as words, layers by name: `net.layers.conv1.kernel_size`."""
    words = []
    for depth, step in enumerate(path):
        item = _get(data, path[: depth + 1])
        named = (
            isinstance(step, int)
            and isinstance(item, Mapping)
            and isinstance(item.get("name"), str)
        )
        words.append(str(item["name"]) if named else str(step))
    return ".".join(words)


def _get(data: Any, path: Path) -> Any:
    for step in path:
        if isinstance(data, Mapping):
            data = data.get(step)
        elif (
            isinstance(data, Sequence)
            and not isinstance(data, str)
            and isinstance(step, int)
            and step < len(data)
        ):
            data = data[step]
        else:
            return None
    return data


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
