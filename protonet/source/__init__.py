"""YAML text → plain data and marks (the file, line and column of every node)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protonet.errors import SpecError, UsageError
from protonet.problems import Mark, Problem, SourceText
from protonet.records import nearest
from protonet.source.marks import Marks
from protonet.source.overrides import apply_overrides
from protonet.source.yaml_text import read_yaml

__all__ = ["Marks", "Origin", "read_source", "read_yaml"]


@dataclass(frozen=True, slots=True)
class Origin:
    """A spec as it was written.

    Attributes:
        name: what errors call it, its path as given.
        folder: what relative paths inside it start from.
        data: plain data, overrides applied.
        marks: where each node stands.
    """

    name: str
    folder: Path
    data: Any
    marks: Marks


def read_source(path: Path, overrides: Iterable[str] = ()) -> Origin:
    """Read a spec file and apply the overrides of the command line.

    Raises: UsageError if there is no such file; SpecError for what is wrong inside.
    """
    data, marks = read_yaml(read_text(path), str(path))
    if not isinstance(data, dict):
        mark = Mark(marks.value.source, marks.value.line, marks.value.column, marks.value.end)
        raise SpecError(
            [Problem("PN005", mark, "", "a spec is a map with the keys name, data, net, solver")],
            str(path),
        )
    apply_overrides(data, marks, overrides)
    return Origin(str(path), path.absolute().parent, data, marks)


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
        line = raw[: error.start].count(b"\n") + 1
        mark = Mark(SourceText(str(path), ()), line, 1, 2)
        raise SpecError(
            [Problem("PN001", mark, "", "the text is not UTF-8", f"byte 0x{raw[error.start]:02x}")],
            str(path),
        ) from error


def _similar(path: Path) -> str:
    if not path.parent.is_dir():
        return f"; {path.parent} is no folder"
    close = nearest(path.name, (other.name for other in path.parent.iterdir() if other.is_file()))
    return f"; did you mean {path.parent / close}?" if close else ""
