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
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from protonet.convert.files import ImageFiles, shown
from protonet.convert.paths import Paths
from protonet.convert.source import Part, Reject, labelled, numbered_classes
from protonet.data.layout import Array
from protonet.data.window_file import is_window_file
from protonet.errors import DataError

_MOST = 2**63 - 1
_MOST_FLOAT = float(np.finfo(np.float32).max)
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
_QUOTED = re.compile(r'"([^"]*)"\s+(.*)')
EXPECTED = (
    "a folder of class folders, a list file with one `path label` a line, CSV, TSV, JSON lines, "
    "Parquet, NPZ, NPY, IDX, CIFAR's binary files, WebDataset's tar, or a database"
)
"""What can be converted, for messages."""
_LINE = "a line is `path label`"
_WINDOWS = (
    "it is a window file: data: {train: {source: WINDOWS.txt, windows: {}, transform: {crop_size: "
    "227}, batch_size: 128}} draws windows from it as it trains, without conversion"
)


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
class _Lines:
    """The lines of a file that are not blank; each is made when it is looked at, for a million are
    a lot."""

    data: bytes

    def __iter__(self) -> Iterator[_Line]:
        for number, line in enumerate(BytesIO(self.data), 1):
            text = os.fsdecode(line).strip()
            if text:
                yield _Line(number, text)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line whose labels are read, and the file that it names."""

    number: int
    file: str
    labels: tuple[str, ...]


class _Entries:
    """The entries of a list, each in a few bytes besides its path, for a million are a lot.

    Attributes:
        files: the file of each.
        numbers: the line of each.
    """

    def __init__(self) -> None:
        self.files, self.numbers = Paths(), array("q")
        self._whole, self._integers, self._floats = bytearray(), array("q"), array("d")

    def add(self, entry: _Entry) -> None:
        """Take an entry of as many labels as the others."""
        self.files.append(entry.file)
        self.numbers.append(entry.number)
        whole = all(map(_WHOLE.fullmatch, entry.labels))
        self._whole.append(whole)
        self._integers.extend(int(word) if whole else 0 for word in entry.labels)
        self._floats.extend(map(float, entry.labels))

    def without(self, left_out: Sequence[int]) -> _Entries:
        """Return all but those of these numbers."""
        others, most = _Entries(), len(self._floats) // max(1, len(self.files))
        passed = frozenset(left_out)
        for place, path in enumerate(self.files):
            if place not in passed:
                others.files.append(path)
                others.numbers.append(self.numbers[place])
                others._whole.append(self._whole[place])
                others._integers.extend(self._integers[place * most : (place + 1) * most])
                others._floats.extend(self._floats[place * most : (place + 1) * most])
        return others

    def labels(self, most: int) -> Array:
        """Return the labels, (N,) where each line has one, else (N, most)."""
        labels: Array
        if all(self._whole):
            labels = np.array(self._integers, np.int64)
        else:
            labels = np.array(self._floats, np.float32)
        return labels.reshape(-1, most) if most > 1 else labels


def list_file(
    file: Path, *, root: str | None, gray: bool, skip: bool = False, option: str = "--root"
) -> Part:
    """Read a list file.

    Args:
        file: it.
        root: where its paths start; None is its own folder.
        gray: decode to one channel.
        skip: take lines that are wrong, or whose file is missing, for rejects instead of errors.
        option: what `root` is called where it is given, for messages.

    Raises: DataError naming the line that is none of `path label`, or whose file does not exist,
        or if there are no lines, or those of a window file.
    """
    if is_window_file(file):
        raise DataError(f"{shown(file)}: {_WINDOWS}")
    lines = _parse(file)
    if next(iter(lines), None) is None:
        raise DataError(f"{shown(file)}: the list is empty; expected one `path label` a line")
    most = min((count for line in lines if (count := line.numbers())), default=1)
    entries, rejects = _entries(lines, most, file, root)
    if rejects and not skip:
        raise DataError(rejects[0].why)
    missing = [place for place, path in enumerate(entries.files) if not os.path.isfile(path)]
    if missing and not skip:
        raise _missing(file, entries, missing, _hint(root, option))
    if missing:
        for place in missing:
            why = f"there is no file {shown(entries.files[place])}"
            rejects.append(_reject(file, entries.numbers[place], why))
        entries = entries.without(missing)
    labels = entries.labels(most)
    classes = numbered_classes(labels) if labels.ndim == 1 and labels.dtype == np.int64 else None
    images = ImageFiles(entries.files, gray)
    notes = _notes(file, labels, classes)
    return Part(images, labelled(labels), classes, notes=notes, rejects=tuple(rejects))


def _parse(file: Path) -> _Lines:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise DataError(f"{shown(file)}: the list cannot be read: {error.strerror}") from error
    if b"\0" in data:
        raise DataError(f"{shown(file)}: it is of no kind that is known; expected {EXPECTED}")
    return _Lines(data.removeprefix(b"\xef\xbb\xbf"))


def _entries(
    lines: _Lines, most: int, file: Path, root: str | None
) -> tuple[_Entries, list[Reject]]:
    """Return the lines that end in `most` labels, and what is wrong with the others."""
    entries, rejects = _Entries(), []
    for line in lines:
        found = _entry(line, most, file, root)
        if isinstance(found, _Entry):
            entries.add(found)
        else:
            rejects.append(found)
    return entries, rejects


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
        if _too_large(word):
            return f"the label `{word[:30]}` is too large"
    return ""


def _too_large(word: str) -> bool:
    """Tell whether a number has no place in int64, or in float32 if it is not written as whole."""
    if "." in word or "e" in word.lower():
        return abs(float(word)) > _MOST_FLOAT
    return abs(int(word[:30])) > _MOST


def _located(path: str, file: Path, root: str | None) -> str:
    if root is None:
        return os.path.join(file.parent, path)
    return os.path.join(root, path.lstrip("/"))


def _missing(file: Path, entries: _Entries, missing: Sequence[int], hint: str) -> DataError:
    """Return the error for files that are not there; it is found before the first is decoded."""
    first, count = missing[0], len(entries.files)
    return DataError(
        f"{shown(file)}:{entries.numbers[first]}: there is no file {shown(entries.files[first])} "
        f"({len(missing)} of {count} are missing); {hint}"
    )


def _hint(root: str | None, option: str) -> str:
    if root is None:
        return f"its paths start at the list's folder; {option} FOLDER says where they start"
    return f"{option} says where they start"


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
