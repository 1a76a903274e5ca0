"""pydantic's errors → problems with a code, a place and words for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from protonet.errors import Path, PathError
from protonet.language import Expanded
from protonet.language.expanded import FRAMES
from protonet.problems import CODES, Problem, Severity
from protonet.records import shortened

Words = Callable[[Mapping[str, Any]], tuple[str, str]]
"""From an error's context to its code and what is wrong."""


LATER = "this version cannot run it"
"""Said of what the language has and the program has not yet."""


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


def problems_of(error: ValidationError, spec: Expanded) -> list[Problem]:
    """Return every error of a spec's validation as a located problem, repeated ones once."""
    problems = [_problem(line, spec) for line in error.errors(include_url=False)]
    return list(dict.fromkeys(problems))


def locate(error: PathError, spec: Expanded, severity: Severity = "error") -> Problem:
    """Return one error at a path as a located problem."""
    trail = spec.trail(error.path)
    if error.path[:2] == FRAMES:
        marks, below = spec.marks_at(error.path)
        mark = marks.locate(below)
        words = _frame_text(error.path, spec)
    else:
        path = _below_scalars(_written(error.path, spec), spec)
        mark = spec.marks.locate(path, key=_is_about_key(error.code, path))
        words = path_text(path, spec.data)
    return Problem(error.code, mark, words, error.why, error.got, error.hint, severity, trail)


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
    path = _below_scalars(_written(tuple(line["loc"]), spec), spec)
    mark = spec.marks.locate(path, key=_is_about_key(code, path))
    trail = spec.trail(path)
    got = "" if _says_nothing(code, line["input"]) else shortened(line["input"])
    hint = context.get("hint", "") or _quoted(code, line["input"])
    words = path_text(path, spec.data)
    return Problem(code, mark, words, why, got, hint, trail=trail)


def _is_about_key(code: str, path: Path) -> bool:
    """Return whether the key is what is wrong, not the value that follows it."""
    return code in ("PN012", "PN027") or (len(path) == 3 and path[:2] == ("net", "defaults"))


def _says_nothing(code: str, value: object) -> bool:
    """Return whether the value found explains nothing: it is missing, or a map of which a part is
    wrong."""
    return code == "PN011" or (isinstance(value, Mapping) and code not in ("PN010", "PN012"))


def _below_scalars(path: Path, spec: Expanded) -> Path:
    """Return the path without the steps into a list that was written as its only item."""
    while path and isinstance(path[-1], int) and spec.marks.find(path) is None:
        path = path[:-1]
    return path


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
    type, and a shape need not be in a map."""
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
    return written if spec.marks.find(written) else path


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
