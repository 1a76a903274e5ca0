"""Caffe's list files: one `path label` a line, or a path and several labels.

* A line ends in as many numbers as every line does: the labels. What stands before them is the
  path, which may hold spaces, or stand in double quotes. Blank lines are passed over; lines may end
  in CR LF.
* One whole number from 0 is a class. Several, or numbers with a point, are a label of so many
  numbers: int64 where all are whole, else float32.
* Paths are relative to the list file's folder; with `root`, to that, as in Caffe's
  convert_imageset: it is put in front even of a path that begins with a slash.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protonet.convert.files import ImageFiles, shown
from protonet.convert.source import Part, Reject, labelled, numbered_classes
from protonet.data.layout import Array
from protonet.errors import DataError

_MOST = 2**63 - 1
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_QUOTED = re.compile(r'"([^"]*)"\s+(.*)')
EXPECTED = (
    "a folder of class folders, a list file with one `path label` a line, CSV, TSV, JSON lines, "
    "Parquet, NPZ, NPY, IDX, CIFAR's binary files, WebDataset's tar, or a database"
)
"""What can be converted, for messages."""
_LINE = "a line is `path label`"


@dataclass(frozen=True, slots=True)
class _Line:
    """One line that is not blank, and its number."""

    number: int
    text: str

    def parts(self, most: int) -> tuple[str, list[str]]:
        """Return the path, and the last `most` words, or all behind a path in quotes."""
        quoted = _QUOTED.fullmatch(self.text)
        if quoted:
            return quoted[1], quoted[2].split()
        path, *words = self.text.rsplit(maxsplit=most)
        return path, list(map(sys.intern, words))  # a million lines have few labels

    def numbers(self) -> int:
        """Return how many words at the end are numbers; the first word is none of them."""
        words = self.parts(-1)[1] if self.text.startswith('"') else self.text.split()[1:]
        count = 0
        while count < len(words) and _NUMBER.fullmatch(words[-1 - count]):
            count += 1
        return count


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line whose labels are read, and the file that it names."""

    number: int
    file: str
    labels: tuple[str, ...]


def list_file(file: Path, *, root: str | None, gray: bool, skip: bool = False) -> Part:
    """Read a list file.

    Args:
        file: it.
        root: where its paths start; None is its own folder.
        gray: decode to one channel.
        skip: take lines that are wrong, or whose file is missing, for rejects instead of errors.

    Raises: DataError naming the line that is none of `path label`, or whose file does not exist,
        or if there are no lines.
    """
    lines = _parse(file)
    if not lines:
        raise DataError(f"{shown(file)}: the list is empty; expected one `path label` a line")
    most = min((count for line in lines if (count := line.numbers())), default=1)
    found = [_entry(line, most, file, root) for line in lines]
    rejects = [one for one in found if isinstance(one, Reject)]
    if rejects and not skip:
        raise DataError(rejects[0].why)
    entries = [one for one in found if isinstance(one, _Entry)]
    missing = {one.file for one in entries if not os.path.isfile(one.file)}
    del lines, found  # of a million lines each is a lot
    if missing and not skip:
        raise _missing(file, entries, missing, root)
    rejects += [
        _reject(file, one.number, f"there is no file {shown(one.file)}")
        for one in entries
        if one.file in missing
    ]
    entries = [one for one in entries if one.file not in missing]
    labels = _labels([one.labels for one in entries], most)
    classes = numbered_classes(labels) if labels.ndim == 1 and labels.dtype == np.int64 else None
    images = ImageFiles([one.file for one in entries], gray)
    notes = _notes(file, labels, classes)
    return Part(images, labelled(labels), classes, notes=notes, rejects=tuple(rejects))


def _parse(file: Path) -> list[_Line]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f"{shown(file)}: the list cannot be read: {error.strerror}") from error
    if b"\0" in data:
        raise DataError(f"{shown(file)}: it is of no kind that is known; expected {EXPECTED}")
    texts = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    numbered = ((number, os.fsdecode(text).strip()) for number, text in enumerate(texts, 1))
    return [_Line(number, text) for number, text in numbered if text]


def _entry(line: _Line, most: int, file: Path, root: str | None) -> _Entry | Reject:
    """Return a line that ends in `most` labels."""
    path, words = line.parts(most)
    why = _wrong(line, path, words, most)
    if why:
        return _reject(file, line.number, why)
    return _Entry(line.number, _located(path, file, root), tuple(words))


def _reject(file: Path, number: int, why: str) -> Reject:
    where = f"{shown(file)}:{number}"
    return Reject(where, f"{where}: {why}")


def _wrong(line: _Line, path: str, words: Sequence[str], most: int) -> str:
    """Return what is wrong with a line, or ""."""
    if not words:
        return f"`{shown(path)}` is one word; {_LINE}"
    if len(words) != most:
        return f"it has {len(words)} labels, and other lines have {most}"
    for word in words:
        if not _NUMBER.fullmatch(word):
            return f"the label `{shown(word)}` is no number; {_LINE}"
        if most == 1 and _WHOLE.fullmatch(word) and int(word) < 0:
            return (
                f"the label {word} is negative; labels count from 0, and a number that is no class "
                f"is written with a point, {word}.0"
            )
        if "." not in word and "e" not in word.lower() and abs(int(word[:30])) > _MOST:
            return f"the label `{word[:30]}` is too large"
    return ""


def _labels(words: Sequence[tuple[str, ...]], most: int) -> Array:
    """Return the labels, (N,) where each line has one, else (N, most)."""
    whole = all(_WHOLE.fullmatch(word) for line in words for word in line)
    convert, dtype = (int, "int64") if whole else (float, "float32")
    array = np.array([[convert(word) for word in line] for line in words], dtype)
    return array.reshape(-1, most) if most > 1 else array.reshape(-1)


def _located(path: str, file: Path, root: str | None) -> str:
    if root is None:
        return os.path.join(file.parent, path)
    return os.path.join(root, path.lstrip("/"))


def _missing(
    file: Path, entries: Sequence[_Entry], missing: set[str], root: str | None
) -> DataError:
    """Return the error for files that are not there; it is found before the first is decoded."""
    lines = [one for one in entries if one.file in missing]
    hint = "its paths start at the list's folder; --root FOLDER" if root is None else "--root"
    return DataError(
        f"{shown(file)}:{lines[0].number}: there is no file {shown(lines[0].file)} "
        f"({len(lines)} of {len(entries)} are missing); {hint} says where they start"
    )


def _notes(file: Path, labels: Array, classes: tuple[str, ...] | None) -> tuple[str, ...]:
    if labels.ndim > 1 or labels.dtype != np.int64:
        return ()
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
