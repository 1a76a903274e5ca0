"""YAML text → plain data and marks (the file, line and column of every node)."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from protonet.errors import SpecError, UsageError
from protonet.problems import Mark, Problem, SourceText
from protonet.records import nearest
from protonet.source.marks import Marks
from protonet.source.overrides import COMMAND_LINE, apply_overrides
from protonet.source.yaml_text import read_yaml

__all__ = ["COMMAND_LINE", "Marks", "Origin", "read_source"]


@dataclass(frozen=True, slots=True)
class Origin:
    """A spec as it was written.

    Attributes:
        name: what errors call it, its path as given.
        folder: what relative paths inside it start from.
        data: plain data, overrides applied.
        marks: where each node stands.
        problems: what the text itself has wrong, and the overrides that fit nothing.
    """

    name: str
    folder: Path
    data: Any
    marks: Marks
    problems: tuple[Problem, ...] = ()

    def overridden(self, overrides: Iterable[str]) -> Origin:
        """Return a copy with `path=value` texts applied; this one stays as it is."""
        data, marks = deepcopy(self.data), deepcopy(self.marks)
        problems = apply_overrides(data, marks, overrides)
        return replace(self, data=data, marks=marks, problems=(*self.problems, *problems))


def read_source(path: Path, overrides: Iterable[str] = ()) -> Origin:
    """Read a spec file and apply the overrides of the command line.

    What is wrong but does not end the reading is kept in the origin's `problems`.
    Raises: UsageError if there is no such file; SpecError if the text is no YAML map.
    """
    text, name = read_text(path), str(path)
    reading = read_yaml(text, SourceText(name, tuple(text.splitlines())))
    if not isinstance(reading.data, dict):
        why = "a spec is a map with the keys name, data, net and solver"
        raise SpecError([Problem("PN005", reading.marks.value, "", why)], name)
    problems = apply_overrides(reading.data, reading.marks, overrides)
    return Origin(
        name,
        path.absolute().parent,
        reading.data,
        reading.marks,
        (*reading.problems, *problems),
    )


def read_text(path: Path) -> str:
    """Return the text of a spec file.

    Raises: UsageError if it cannot be opened; SpecError if it is not UTF-8.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file{_similar(path)}") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError([_not_utf8(path, raw, error.start)], str(path)) from error


def _not_utf8(path: Path, raw: bytes, position: int) -> Problem:
    before = raw[:position].decode("utf-8-sig")
    lines = raw.decode("utf-8-sig", errors="replace").splitlines()
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    mark = Mark(SourceText(str(path), tuple(lines)), line, column, column + 1)
    hint = "save the file as UTF-8"
    return Problem("PN001", mark, "", "the text is not UTF-8", f"byte 0x{raw[position]:02x}", hint)


def _similar(path: Path) -> str:
    if not path.parent.is_dir():
        return f"; {path.parent} is no folder"
    close = nearest(path.name, (other.name for other in path.parent.iterdir() if other.is_file()))
    return f"; did you mean {path.parent / close}?" if close else ""
