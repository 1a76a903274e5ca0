"""pydantic's errors → problems with a code, a place and words for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from protonet.errors import Path, PathError
from protonet.problems import CODES, Problem
from protonet.records import shortened
from protonet.source import Marks, Origin

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


def problems_of(error: ValidationError, origin: Origin) -> list[Problem]:
    """Return every error of a spec's validation as a located problem, repeated ones once."""
    problems = [_problem(line, origin) for line in error.errors(include_url=False)]
    return list(dict.fromkeys(problems))


def locate(error: PathError, origin: Origin) -> Problem:
    """Return one error at a path as a located problem."""
    return Problem(
        error.code,
        origin.marks.locate(error.path),
        path_text(error.path, origin.data),
        error.why,
        error.got,
        error.hint,
    )


def _problem(line: Mapping[str, Any], origin: Origin) -> Problem:
    context = line.get("ctx", {})
    code, why = _words(str(line["type"]), context, str(line["msg"]))
    path = _written(tuple(line["loc"]), origin)
    mark = origin.marks.locate(path, key=code == "PN012")
    missing = code == "PN011"
    got = (
        ""
        if missing or isinstance(line["input"], Mapping) and code != "PN010"
        else shortened(line["input"])
    )
    return Problem(
        code,
        mark,
        path_text(path, origin.data),
        why,
        got,
        context.get("hint", "") or _quoted(code, line["input"]),
    )


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


def _written(path: Path, origin: Origin) -> Path:
    """Return where the offending value was written: in the layer, or in the defaults of its
    type."""
    if path[:2] != ("net", "layers") or len(path) < 4 or origin.marks.find(path[:4]):
        return path
    layer: Any = _get(origin.data, path[:3])
    key = "param" if path[3] == "default_param" else path[3]
    default: Path = (
        "net",
        "defaults",
        str(layer.get("type")) if isinstance(layer, Mapping) else "",
        key,
    )
    return (*default, *path[4:]) if origin.marks.find(default) else path


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


__all__ = ["Marks", "locate", "path_text", "problems_of"]
