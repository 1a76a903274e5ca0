"""Caffe's list files: one `path label` a line.

* The last word of a line is the label, a whole number from 0; what stands before it is the path,
  which may hold spaces. Blank lines are passed over; lines may end in CR LF.
* Paths are relative to the list file's folder; with `root`, to that, as in Caffe's
  convert_imageset: it is put in front even of a path that begins with a slash.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protonet.convert.files import ImageFiles, shown
from protonet.convert.source import Part, numbered_classes
from protonet.errors import DataError

_MOST = 2**63 - 1
_WHOLE = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class _Line:
    """One entry of a list: `where` is "list.txt:17"."""

    where: str
    path: str
    label: int


def list_file(file: Path, *, root: str | None, gray: bool) -> Part:
    """Read a list file.

    Raises: DataError naming the line that is none of `path label`, or whose file does not exist,
        or if there are no lines.
    """
    lines = _parse(file)
    if not lines:
        raise DataError(f"{shown(file)}: the list is empty; expected one `path label` a line")
    paths = [_located(line.path, file, root) for line in lines]
    _check_exist(lines, paths, root)
    labels = np.array([line.label for line in lines], np.int64)
    classes = numbered_classes(labels)
    return Part(ImageFiles(paths, gray), labels, classes, notes=_notes(file, labels, classes))


def _parse(file: Path) -> list[_Line]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f"{shown(file)}: the list cannot be read: {error.strerror}") from error
    if b"\0" in data:
        raise DataError(
            f"{shown(file)}: neither a list of images nor IDX; expected a folder of class folders, "
            "a text file with one `path label` a line, or IDX files"
        )
    texts = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    numbered = ((number, os.fsdecode(text).strip()) for number, text in enumerate(texts, 1))
    return [_line(text, f"{shown(file)}:{number}") for number, text in numbered if text]


def _line(text: str, where: str) -> _Line:
    words = text.rsplit(maxsplit=1)
    if len(words) == 1:
        raise DataError(f"{where}: `{shown(text)}` is one word; a line is `path label`")
    path, label = words
    if not _WHOLE.fullmatch(label) or int(label) > _MOST:
        raise DataError(
            f"{where}: the label `{shown(label)}` is no whole number; a line is `path label`"
        )
    if int(label) < 0:
        raise DataError(f"{where}: the label {label} is negative; labels count from 0")
    return _Line(where, path, int(label))


def _located(path: str, file: Path, root: str | None) -> str:
    if root is None:
        return os.path.join(file.parent, path)
    return os.path.join(root, path.lstrip("/"))


def _check_exist(lines: list[_Line], paths: list[str], root: str | None) -> None:
    """Look for every file before the first is decoded, for decoding may take hours."""
    missing = [index for index, path in enumerate(paths) if not os.path.isfile(path)]
    if missing:
        first = missing[0]
        hint = "its paths start at the list's folder; --root FOLDER" if root is None else "--root"
        raise DataError(
            f"{lines[first].where}: there is no file {shown(paths[first])} "
            f"({len(missing)} of {len(lines)} are missing); {hint} says where they start"
        )


def _notes(
    file: Path, labels: np.ndarray[tuple[int], np.dtype[np.int64]], classes: tuple[str, ...] | None
) -> tuple[str, ...]:
    if classes is None:
        return (
            f"{shown(file)}: labels up to {labels.max()} are too many for classes, so they get no "
            "names",
        )
    unused = len(classes) - len(np.unique(labels))
    if unused:
        return (
            f"{shown(file)}: of the {len(classes)} labels from 0 to {len(classes) - 1}, {unused} "
            "never occur",
        )
    return ()
