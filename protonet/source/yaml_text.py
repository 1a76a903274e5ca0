"""YAML 1.2 text → plain data and the place of every node.

libyaml composes (six times faster than Python), but it crashes on deep nesting and unfolds aliases
without a bound; so depth, alias growth and alias cycles are checked on the event stream first.
Scalars follow YAML 1.2's core schema, not PyYAML's 1.1: `1e-3` is a number, `no` a text, `012`
refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

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
_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))


class _PlainLoader(Loader):  # type: ignore[misc, valid-type]  # chosen at run time: libyaml's, else Python's
    """A loader that resolves no scalar: `scalar` below does, by YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}


class _Refused(Exception):
    """A scalar that must not be guessed at."""


def read_yaml(text: str, name: str) -> tuple[Any, Marks]:
    """Read one YAML document.

    Args:
        text: the document.
        name: what errors call it, usually its path.

    Returns: plain data (dict, list, str, int, float, bool, None; map keys are always str) and its
        marks.
    Raises: SpecError with every repeated key and ambiguous number, or the one syntax error.
    """
    source = SourceText(name, tuple(text.splitlines()))
    check_limits(text, source)
    try:
        node = yaml.compose(text, Loader=_PlainLoader)
    except yaml.YAMLError as error:
        raise SpecError([syntax_problem(error, source)], name) from error
    if node is None:
        nothing = Mark(source, 1, 1, 2)
        raise SpecError(
            [Problem("PN005", nothing, "", "the file is empty", "", "a spec is a map: net: …")],
            name,
        )
    builder = _Builder(source)
    data, marks = builder.build(node)
    if builder.problems:
        raise SpecError(builder.problems, name)
    return data, marks


def syntax_problem(error: yaml.YAMLError, source: SourceText) -> Problem:
    """Return a parser's complaint as a problem with its place."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = min(mark.line + 1 if mark else 1, max(1, len(source.lines)))
    column = mark.column + 1 if mark and mark.line < len(source.lines) else 1
    why = getattr(error, "problem", None) or getattr(error, "reason", None) or "this is not YAML"
    context, start = getattr(error, "context", None), getattr(error, "context_mark", None)
    hint = f"{context}, which starts at line {start.line + 1}" if context and start else ""
    return Problem("PN001", Mark(source, line, column, column + 1), "", why, "", hint)


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
        raise _Refused(f"write {int(text)}, or quote it if it is a text")
    if _INTEGER.match(text) and len(text) < 40:
        return int(text)
    if _OCTAL_OR_HEX.match(text):
        return int(text, 0)
    if _FLOAT.match(text):
        return float(text)
    return _special(text)


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
        marks = Marks(self._mark(node), key)
        if node.tag not in _TAGS:
            self._refuse(
                "PN001",
                marks.value,
                f"tags such as {node.tag} are not used here",
                "leave the tag out",
            )
            return None, marks
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
                line = first.line if first else 0
                self._refuse(
                    "PN002", key, f"the key {name} is repeated", f"it stands first in line {line}"
                )
            data[name], marks.children[name] = self.build(value, key)
        return data

    def _entries(self, node: yaml.MappingNode) -> Iterator[tuple[str, Mark, yaml.Node]]:
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield key.value, self._mark(key), value
            else:
                self._refuse("PN001", self._mark(key), "a key is a word, not a list or a map", "")

    def _list(self, node: yaml.SequenceNode, marks: Marks) -> list[Any]:
        data = []
        for index, item in enumerate(node.value):
            value, marks.children[index] = self.build(item)
            data.append(value)
        return data

    def _scalar(self, node: yaml.ScalarNode, mark: Mark) -> Any:
        if node.style:  # quoted or a block: a text, whatever it looks like
            return node.value
        try:
            return scalar(node.value)
        except _Refused as refusal:
            self._refuse("PN003", mark, f"{node.value} is ambiguous: a leading zero", str(refusal))
            return 0

    def _mark(self, node: yaml.Node) -> Mark:
        start, end = node.start_mark, node.end_mark
        line, column = start.line + 1, start.column + 1
        if end.line == start.line:
            return Mark(self.source, line, column, max(column + 1, end.column + 1))
        length = (
            len(self.source.lines[start.line].rstrip())
            if start.line < len(self.source.lines)
            else column
        )
        return Mark(self.source, line, column, max(column + 1, length + 1))

    def _refuse(self, code: str, mark: Mark, why: str, hint: str) -> None:
        self.problems.append(Problem(code, mark, "", why, "", hint))
