"""YAML text → plain data and marks (the file, line and column of every node)."""

from __future__ import annotations

import stat
from codecs import BOM_UTF8
from collections.abc import Iterable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from protonet.errors import SpecError, UsageError
from protonet.problems import Mark, Problem, SourceText
from protonet.records import nearest
from protonet.source.collector import without_collector
from protonet.source.limits import MOST_CHARACTERS
from protonet.source.marks import Marks
from protonet.source.overrides import COMMAND_LINE, apply_overrides, is_of_inner_layer
from protonet.source.yaml_text import read_yaml

_MOST_BYTES = 4 * MOST_CHARACTERS
"""A character has 4 bytes at most."""

__all__ = ["COMMAND_LINE", "Marks", "Origin", "apply_overrides", "read_source", "without_collector"]


@dataclass(frozen=True, slots=True)
class Origin:
    """A spec as it was written.

    Attributes:
        name: what errors call it, its path as given.
        folder: what relative paths inside it start from.
        data: plain data, overrides applied.
        marks: where each node stands.
        problems: what the text itself has wrong, and the overrides that fit nothing.
        path: the file, or None where it was no file.
        late: overrides of layers that only exist once blocks are expanded.
        is_whole: false where another file that it builds on could not be read.
        notes: on what stood in another language, and does not stand here.
    """

    name: str
    folder: Path
    data: Any
    marks: Marks
    problems: tuple[Problem, ...] = ()
    path: Path | None = None
    late: tuple[str, ...] = ()
    is_whole: bool = True
    notes: tuple[Problem, ...] = ()

    def overridden(self, overrides: Iterable[str]) -> Origin:
        """Return a copy with `path=value` texts applied; this one stays as it is.

        What names a layer that the text does not have is kept for after the expansion of blocks.
        """
        texts = list(overrides)
        if not texts:
            return self
        data, marks = deepcopy(self.data), deepcopy(self.marks)
        problems: list[Problem] = []
        late = list(self.late)
        for text in texts:
            if is_of_inner_layer(data, text):
                late.append(text)
            else:
                problems += apply_overrides(data, marks, [text])
        return replace(
            self,
            data=data,
            marks=marks,
            problems=(*self.problems, *problems),
            late=tuple(late),
        )


def read_source(path: Path) -> Origin:
    """Read a spec file.

    What is wrong but does not end the reading is kept in the origin's `problems`.
    Raises: UsageError if there is no such file; SpecError if the text is no YAML map.
    """
    text, name = read_text(path), str(path)
    folder = Path.cwd() if _is_descriptor(path) else path.absolute().parent
    reading = read_yaml(text, SourceText(name, tuple(text.splitlines()), folder))
    if not isinstance(reading.data, dict):
        why = "a spec is a map with the keys name, data, net and solver"
        raise SpecError([Problem("PN005", reading.marks.value, "", why)], name)
    return Origin(name, folder, reading.data, reading.marks, reading.problems, path)


def read_text(path: Path) -> str:
    """Return the text of a spec file.

    Raises: UsageError if it cannot be opened; SpecError if it is not UTF-8.
    """
    try:
        if stat.S_ISDIR(mode := path.stat().st_mode):
            raise UsageError(f"{path}: cannot be read: Is a directory")
        if not stat.S_ISREG(mode) and not _is_descriptor(path):
            # nobody may write into a named pipe, and /dev/zero never ends
            raise UsageError(f"{path}: cannot be read: it is no regular file")
        raw = _bytes_of(path)
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file{_similar(path)}") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        begun = len(BOM_UTF8) if raw.startswith(BOM_UTF8) else 0  # Python counts from behind it
        raise SpecError([_not_utf8(path, raw, begun + error.start)], str(path)) from error


def _is_descriptor(path: Path) -> bool:
    """Return whether a path means what the process was given open: `/dev/stdin`, or what the shell
    makes of `<(command)`. It lies in no folder."""
    return str(path) == "/dev/stdin" or str(path).startswith(("/dev/fd/", "/proc/self/fd/"))


def _bytes_of(path: Path) -> bytes:
    """Return what a file holds.

    Raises: UsageError if that is more than any spec, so that what never ends takes no memory.
    """
    with path.open("rb") as file:
        raw = file.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise UsageError(f"{path}: cannot be read: it has more than {_MOST_BYTES:,} bytes")
    return raw


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
    names: list[str] = []
    with suppress(OSError):  # a folder may be passed through that may not be listed
        names = [other.name for other in path.parent.iterdir() if other.is_file()]
    close = nearest(path.name, names)
    return f"; did you mean {path.parent / close}?" if close else ""
