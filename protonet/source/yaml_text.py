"""YAML 1.2 text → plain data and the place of every node.

libyaml composes (six times faster than Python), but it crashes on deep nesting and unfolds aliases
without a bound; so depth, alias growth and alias cycles are checked on the event stream first.
Scalars follow YAML 1.2's core schema, not PyYAML's 1.1: `1e-3` is a number, `no` a text, `012`
refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.reader import ReaderError

from protonet.errors import SpecError
from protonet.problems import Mark, Problem, SourceText
from protonet.source.limits import check_limits
from protonet.source.marks import Marks

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_OCTAL_OR_HEX = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+\Z")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z")
_NAN = frozenset({".nan", ".NaN", ".NAN"})
_MOST_DIGITS = 40
"""A longer whole number is read as a fraction is; Python refuses to count thousands of digits."""
_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))


class _PlainLoader(Loader):  # type: ignore[misc, valid-type]  # chosen at run time: libyaml's, else Python's
    """A loader that resolves no scalar: `scalar` below does, by YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}


class _Refused(Exception):
    """A scalar that must not be guessed at.

    Args:
        hint: what to write instead.
        value: what it would be without its zero, so that no further complaint follows from it.
    """

    def __init__(self, hint: str, value: int) -> None:
        self.hint, self.value = hint, value
        super().__init__(hint)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text holds.

    Attributes:
        data: plain data (dict, list, str, int, float, bool, None); map keys are always str.
        marks: where each node stands.
        problems: what is refused although the text could be read on: repeated keys, ambiguous
            numbers, tags.
    """

    data: Any
    marks: Marks
    problems: tuple[Problem, ...]


def read_yaml(text: str, source: SourceText) -> Reading:
    """Read one YAML document; `source` is what the marks point into.

    Raises: SpecError with the one problem that ends the reading: a syntax error, an empty text, a
        text beyond the limits.
    """
    check_limits(text, source)
    try:
        node = yaml.compose(text, Loader=_PlainLoader)
    except yaml.YAMLError as error:
        raise SpecError([syntax_problem(error, text, source)], source.name) from error
    if node is None:
        hint = "a spec is a map: net: …"
        empty = Problem("PN005", Mark(source, 1, 1, 2), "", "the file is empty", "", hint)
        raise SpecError([empty], source.name)
    builder = _Builder(source)
    data, marks = builder.build(node)
    return Reading(data, marks, tuple(builder.problems))


def syntax_problem(error: yaml.YAMLError, text: str, source: SourceText) -> Problem:
    """Return a parser's complaint as a problem with its place."""
    line, column = _place(error, text)
    why = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
    context, start = getattr(error, "context", None), getattr(error, "context_mark", None)
    hint = f"{context}, which starts at line {start.line + 1}" if context and start else ""
    if why.startswith("but "):  # the second half of a sentence that begins in the context
        why, hint = f"{context}, {why}", ""
    written = text.splitlines()[line - 1]
    if written[column - 1 : column] == "\t":
        why, hint = "a tab cannot stand here", "indent with spaces"
    elif "$(" in written[: column - 1]:
        hint = "YAML reads commas and brackets in $(…) as its own: put the expression in quotes"
    return Problem("PN001", Mark(source, line, column, column + 1), "", why, "", hint)


def _place(error: yaml.YAMLError, text: str) -> tuple[int, int]:
    """Return line and column, counted from 1; the end of the text where the parser is past it."""
    if isinstance(error, ReaderError):  # a character that YAML does not have, at a byte offset
        before = text.encode()[: error.position].decode(errors="ignore")
        upto = f"{before}?".splitlines()  # the character itself may be the first of its line
        return len(upto), len(upto[-1])
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    lines = text.splitlines()
    if mark and mark.line < len(lines):
        return mark.line + 1, mark.column + 1
    return len(lines), len(lines[-1]) + 1


def scalar(text: str) -> Any:
    """Return what a plain (unquoted) scalar means in YAML 1.2's core schema.

    >>> [scalar(text) for text in ("1e-3", "no", "12", "true", "~", "0x10", "-.5")]
    [0.001, 'no', 12, True, None, 16, -0.5]
    """
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _LEADING_ZERO.match(text):
        raise _refusal(text)
    if _INTEGER.match(text) and len(text) < _MOST_DIGITS:
        return int(text)
    if _OCTAL_OR_HEX.match(text):
        return int(text, 0)
    if _FLOAT.match(text):
        return float(text)
    return _special(text)


def _refusal(text: str) -> _Refused:
    """Return what is said of a number with a leading zero."""
    if len(text) >= _MOST_DIGITS:
        return _Refused("quote it if it is a text", 0)
    return _Refused(f"write {int(text)}, or quote it if it is a text", int(text))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_DIGITS else f"{text[:_MOST_DIGITS]}…"


def means_itself(text: str) -> bool:
    """Return whether a text, written without quotes, would be read as that text."""
    try:
        return bool(scalar(text) == text)
    except _Refused:
        return False


def _special(text: str) -> Any:
    if _INFINITE.match(text):
        return float(text.lower().replace(".", ""))
    return float("nan") if text in _NAN else text


class _Builder:
    """Turns composed nodes into data and marks, collecting what must be refused."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def build(self, node: yaml.Node, key: Mark | None = None) -> tuple[Any, Marks]:
        """Return the data of a node, and its marks with that of the key which leads to it."""
        marks = Marks(self._mark(node), key)
        if node.tag not in _TAGS:
            why = f"tags such as {node.tag} are not used here"
            self._refuse("PN001", marks.value, why, "leave the tag out")
        if isinstance(node, yaml.MappingNode):
            return self._map(node, marks), marks
        if isinstance(node, yaml.SequenceNode):
            return self._list(node, marks), marks
        return self._scalar(node, marks.value), marks

    def _map(self, node: yaml.MappingNode, marks: Marks) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name, key, value in self._entries(node):
            if name in data:
                first = marks.children[name].key
                hint = f"it stands first in line {first.line}" if first else ""
                self._refuse("PN002", key, f"the key {name} is repeated", hint)
            data[name], marks.children[name] = self.build(value, key)
        return data

    def _entries(self, node: yaml.MappingNode) -> Iterator[tuple[str, Mark, yaml.Node]]:
        for key, value in node.value:
            mark = self._mark(key)
            if not isinstance(key, yaml.ScalarNode):
                self._refuse("PN001", mark, "a key is a word, not a list or a map", "")
            elif key.value == "<<" and not key.style:
                why = "the merge key << is YAML 1.1, and does nothing in YAML 1.2"
                self._refuse("PN001", mark, why, "net.defaults holds what layers have in common")
            else:
                yield key.value, mark, value

    def _list(self, node: yaml.SequenceNode, marks: Marks) -> list[Any]:
        data = []
        for index, item in enumerate(node.value):
            value, marks.children[index] = self.build(item)
            data.append(value)
        return data

    def _scalar(self, node: yaml.Node, mark: Mark) -> Any:
        if not isinstance(node, yaml.ScalarNode) or node.style:
            return node.value  # quoted or a block: a text, whatever it looks like
        try:
            return scalar(node.value)
        except _Refused as refusal:
            why = f"{_cut(node.value)} is ambiguous: a leading zero"
            self._refuse("PN003", mark, why, refusal.hint)
            return refusal.value

    def _mark(self, node: yaml.Node) -> Mark:
        start, end = node.start_mark, node.end_mark
        line, column = start.line + 1, start.column + 1
        last = end.column + 1 if end.line == start.line else self._end_of(line)
        return Mark(self.source, line, column, max(column + 1, last))

    def _end_of(self, line: int) -> int:
        """Return the column past the last character of a line."""
        known = line <= len(self.source.lines)
        return len(self.source.lines[line - 1].rstrip()) + 1 if known else 1

    def _refuse(self, code: str, mark: Mark, why: str, hint: str) -> None:
        self.problems.append(Problem(code, mark, "", why, "", hint))
