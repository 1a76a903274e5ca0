"""`$name` and `$(expression)` in the texts of a spec → values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from protonet.language.expression import ExpressionError, Names, Unknowable, evaluate, lookup
from protonet.problems import Mark, Problem
from protonet.records import shortened
from protonet.source import Marks

MOST_TEXT = 20_000
"""Characters that a text may have when its expressions are filled in."""
MOST_VALUES = 20_000
"""Values that the lists and maps of one variable may hold."""

_TEXT_OF_A_VALUE = 100
"""Characters of a text that count as one value more."""
_NAME = re.compile(r"[^\W\d]\w*(?:\.classes\b)?")
_CUT = "YAML splits it at a comma, a bracket, `: ` or ` #`: put the whole value in quotes"


class Substitution:
    """Fills in the expressions of plain data, and keeps what cannot be computed.

    Args:
        names: the value of every name.
        problems: what is wrong is added to it.
    """

    def __init__(self, names: Names, problems: list[Problem]) -> None:
        self.names, self.problems = names, problems

    def value(self, data: Any, marks: Marks, path: str = "") -> Any:
        """Return the data with every expression replaced by its value; None where that cannot be.

        Args:
            data: plain data.
            marks: where it stands.
            path: its place as words, for messages.
        """
        if isinstance(data, str):
            return self._text(data, marks, path) if "$" in data else data
        if isinstance(data, dict):
            filled = self.entries(data, marks, path)
            return self._held(filled, marks, path) if filled != data else filled
        if isinstance(data, list):
            items = [
                self.value(item, _below(marks, place), f"{path}.{place}")
                for place, item in enumerate(data)
            ]
            return self._held(items, marks, path) if items != data else items
        return data

    def _held(self, value: Any, marks: Marks, path: str) -> Any:
        """Return a value unless it has grown too large."""
        if size(value) <= MOST_VALUES:
            return value
        self._refuse(marks.value, path, f"the value holds more than {MOST_VALUES:,} values", "")
        return None

    def entries(self, data: dict[str, Any], marks: Marks, path: str = "") -> dict[str, Any]:
        """Return a map with the expressions of its values filled in; each is bounded by itself."""
        cut = any(isinstance(item, str) and is_cut(item) for item in data.values())
        filled = {}
        for key, item in data.items():
            below = _below(marks, key)
            where = f"{path}.{key}".lstrip(".")
            if is_cut(key):
                self._refuse(below.key or below.value, where, "the expression is cut off", _CUT)
            elif not (cut and key.count(")") > key.count("(")):  # the other half of a cut value
                filled[key] = self.value(item, below, where)
        return filled

    def _text(self, text: str, marks: Marks, path: str) -> Any:
        try:
            value = fill(text, self.names)
        except Unknowable as error:
            self.problems.append(Problem("PN032", marks.value, path, error.why, follows=True))
            return None
        except ExpressionError as error:
            self._refuse(marks.value, path, error.why, error.hint, shortened(text))
            return None
        return value

    def _refuse(self, mark: Mark, path: str, why: str, hint: str, got: str = "") -> None:
        self.problems.append(Problem("PN032", mark, path, why, got, hint))


def fill(text: str, names: Names) -> Any:
    """Return a text with its expressions filled in; a text that is one expression keeps its type.

    Raises: ExpressionError.

    >>> fill("$width", {"width": 64}), fill("res$(n + 1)", {"n": 1}), fill("5 $$", {})
    (64, 'res2', '5 $')
    """
    if len(text) > MOST_TEXT:
        why = f"a text with expressions has at most {MOST_TEXT:,} characters, here {len(text):,}"
        raise ExpressionError(why)
    parts = list(_parts(text, names))
    if len(parts) == 1 and isinstance(parts[0], tuple):
        return parts[0][0]
    filled = "".join(part if isinstance(part, str) else _inside(part[0]) for part in parts)
    if len(filled) > MOST_TEXT:
        raise ExpressionError(f"the text grows beyond {MOST_TEXT:,} characters")
    return filled


def is_cut(text: str) -> bool:
    """Return whether a `$(` of a text has no end: YAML has split it."""
    start = text.find("$(")
    while start >= 0:
        end = _end(text, start + 1)
        if end < 0:
            return not text[:start].endswith("$")
        start = text.find("$(", end)
    return False


def size(value: Any, most: int = MOST_VALUES) -> int:
    """Return how many values a value holds; beyond `most` it counts no further."""
    stack, count = [value], 0
    while stack and count <= most:
        item = stack.pop()
        count += 1 + (len(item) // _TEXT_OF_A_VALUE if isinstance(item, str) else 0)
        if isinstance(item, Mapping):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return count


def _parts(text: str, names: Names) -> Iterator[str | tuple[Any]]:
    """Yield the stretches of a text: a text as it stands, a value in a tuple."""
    start = 0
    while (dollar := text.find("$", start)) >= 0:
        if dollar > start:
            yield text[start:dollar]
        if text.startswith("$$", dollar):
            yield "$"
            start = dollar + 2
        elif text.startswith("$(", dollar):
            start = _end(text, dollar + 1)
            if start < 0:
                raise ExpressionError("the expression is cut off", _CUT)
            yield (evaluate(text[dollar + 2 : start - 1], names),)
        else:
            name = _NAME.match(text, dollar + 1)
            if name is None:
                raise ExpressionError("a $ begins a name or $(…)", "write $$ for a dollar")
            start = name.end()
            yield (lookup(name.group(), names),)
    if start < len(text):
        yield text[start:]


def _end(text: str, opening: int) -> int:
    """Return the place after the bracket that closes the one at `opening`; -1 where none does."""
    depth = 0
    for place in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return -1


def _inside(value: Any) -> str:
    """Return a value as it stands inside a text."""
    if isinstance(value, list | Mapping):
        raise ExpressionError("a list or a map cannot stand inside a text")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _below(marks: Marks, step: str | int) -> Marks:
    return marks.children.get(step, marks)
