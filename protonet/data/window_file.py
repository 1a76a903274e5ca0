"""R-CNN's window files, which Caffe's WindowData reads: images, and windows of each.

For each image, counted from 0::

    # 0
    images/000005.jpg
    3                                   channels: 3, since images are read in colour
    375                                 height in pixels
    500                                 width
    2                                   windows that follow
    9 0.836 262 210 323 338             class, overlap with an object of it, x1 y1 x2 y2
    0 0.125 10 20 199 150

x1 y1 is a window's upper left pixel and x2 y2 its lower right one, both inside it, counted from 0.
Class 0 is none. Lines may end in CR LF, and blank ones are passed over.

While a file is read it takes its size in memory and some 40 bytes a line; what was read takes 32
bytes a window. A million windows are read in about 2 seconds.

Source: Caffe, window_data_layer.cpp; and R-CNN (Girshick et al., CVPR 2014), whose code makes them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from protonet.data.layout import Rows
from protonet.data.window_lines import Lines, WindowLines, shortly
from protonet.errors import DataError

Whole = npt.NDArray[np.int32]

CHANNELS = 3
"""Channels of the images, which are read in colour."""

_HEAD = 6
"""Lines of an image before its windows."""
_NUMBERS = 6
"""Numbers of a window's line."""
_WINDOW = "a window is `class overlap x1 y1 x2 y2`"
_SIZES = ("channels", "height", "width", "number of windows")
_AT_ONCE = 1 << 16
"""Windows whose lines are taken apart at a time."""
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class WindowFile:
    """What a window file says.

    Attributes:
        path: of the file, for messages.
        images: the paths of the images, as they are written.
        lines: the line of each image's path.
        sizes: height and width of each image, (images, 2).
        image: the image of each window, (N,).
        label: the class of each, from 0.
        overlap: of each with an object of the class.
        boxes: x1 y1 x2 y2 of each, (N, 4).
        written: the line of each.
    """

    path: str
    images: Sequence[str]
    lines: Sequence[int]
    sizes: Whole
    image: Whole
    label: Whole
    overlap: npt.NDArray[np.float32]
    boxes: Whole
    written: Whole

    def refused(self, window: int, why: str) -> DataError:
        """Return an error at the line of a window."""
        return DataError(f"{self.path}:{self.written[window]}: {why}")


def is_window_file(path: str | Path) -> bool:
    """Return whether a path is that of a file that begins like a window file, with `# 0`."""
    try:
        with open(path, "rb") as file:
            words = file.read(64).removeprefix(b"\xef\xbb\xbf").splitlines()[:1]
    except OSError:
        return False
    return bool(words) and words[0].split() == [b"#", b"0"]


def read_window_file(path: str | Path, called: str | None = None) -> WindowFile:
    """Read a window file.

    Args:
        path: of the file.
        called: what messages call it; None is the path.

    Raises: DataError naming the line that is wrong, and what would be right.
    """
    where = os.fsencode(path if called is None else called).decode(errors="replace")
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{where}: the window file cannot be read: {error.strerror}") from error
    text = WindowLines(where, data)
    heads = list(_heads(text))
    counts = np.array([head.windows for head in heads])
    first = np.array([head.line + _HEAD for head in heads])
    at = _ranges(first, counts)
    label, boxes = np.empty(len(at), np.int32), np.empty((len(at), 4), np.int32)
    overlap = np.empty(len(at), np.float32)
    for begin in range(0, len(at), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        numbers = _numbers(text, at[part])
        label[part], overlap[part], boxes[part] = numbers[:, 0], numbers[:, 1], numbers[:, 2:]
    return WindowFile(
        where,
        [head.image for head in heads],
        text.numbers[first - _HEAD + 1].tolist(),
        np.array([head.size for head in heads], np.int32),
        np.repeat(np.arange(len(heads), dtype=np.int32), counts),
        label,
        overlap,
        boxes,
        text.numbers[at].astype(np.int32),
    )


@dataclass(frozen=True, slots=True)
class _Head:
    """What is said of an image: its first line, path, height and width, and how many windows."""

    line: int
    image: str
    size: tuple[int, int]
    windows: int


def _heads(text: WindowLines) -> Iterator[_Head]:
    marks = text.marks
    if not len(marks) or marks[0] != 0:
        raise text.refused(0, f"a window file begins with `# 0`, and not with `{text.shown(0)}`")
    last = len(text) - 1
    lines = iter(text.lines(np.minimum(marks[:, None] + np.arange(_HEAD), last).reshape(-1)))
    each = zip(*[lines] * _HEAD, strict=True)
    ends = [*marks[1:].tolist(), last + 1]
    for image, (line, end, words) in enumerate(zip(marks.tolist(), ends, each, strict=True)):
        if words[0].split()[1:] != [b"%d" % image]:
            why = f"the images are numbered from 0, so this is `# {image}`, not"
            raise text.refused(line, f"{why} `{text.shown(line)}`")
        yield _head(text, line, end, words)


def _head(text: WindowLines, line: int, end: int, words: Sequence[bytes]) -> _Head:
    """Read the lines that stand before the windows of an image, whose own end at `end`."""
    if end - line < _HEAD:
        raise text.refused(
            line,
            f"{end - line - 1} lines follow before the {_next(text, end)}, and an image has at "
            "least 5: path, channels, height, width, number of windows",
        )
    channels, height, width, windows = (
        _whole(text, line + place, words[place], name) for place, name in enumerate(_SIZES, 2)
    )
    if channels != CHANNELS:
        why = f"the image has {channels} channels; images are read in colour, so write 3"
        raise text.refused(line + 2, why)
    for place, side, name in ((3, height, "height"), (4, width, "width")):
        if not side:
            raise text.refused(line + place, f"the image's {name} is 0")
    follow = end - line - _HEAD
    if windows != follow:
        raise text.refused(
            line + _HEAD - 1,
            f"the image has {windows} windows by this line, and {follow} lines follow before the "
            f"{_next(text, end)}",
        )
    return _Head(line, os.fsdecode(words[1]), (height, width), windows)


def _next(text: WindowLines, end: int) -> str:
    return "end of the file" if end == len(text) else f"next image, line {text.number(end)}"


def _whole(text: WindowLines, line: int, word: bytes, name: str) -> int:
    if not word.isdigit() or int(word[:20]) > _MOST:
        raise text.refused(line, f"the {name} is a whole number, not `{shortly(word)}`")
    return int(word)


def _ranges(first: Lines, counts: Lines) -> Rows:
    """Return the whole numbers from each first one, so many of each."""
    ends = np.cumsum(counts)
    numbers: Rows = np.arange(ends[-1]) + np.repeat(first - (ends - counts), counts)
    return numbers


def _numbers(text: WindowLines, lines: Lines) -> npt.NDArray[np.float64]:
    """Return the numbers of windows' lines, (N, 6).

    Raises: DataError at the first that is wrong.
    """
    words = [line.split() for line in text.lines(lines)]
    wrong = next((k for k, one in enumerate(words) if len(one) != _NUMBERS), None)
    if wrong is not None:
        shown = text.shown(int(lines[wrong]))
        raise text.refused(int(lines[wrong]), f"{_WINDOW}, and not `{shown}`")
    try:
        found = np.fromiter(map(float, chain.from_iterable(words)), float, _NUMBERS * len(words))
    except ValueError:
        raise _no_number(text, lines, words) from None
    numbers = found.reshape(-1, _NUMBERS)
    places = numbers[:, [0, 2, 3, 4, 5]]
    bad = ~np.isfinite(numbers).all(1) | (np.abs(places) > _MOST).any(1)
    bad[~bad] = (places[~bad] != np.floor(places[~bad])).any(1) | (numbers[~bad, 0] < 0)
    if bad.any():
        raise _no_window(text, int(lines[bad.argmax()]))
    return numbers


def _no_number(text: WindowLines, lines: Lines, words: list[list[bytes]]) -> DataError:
    for line, one in zip(lines.tolist(), words, strict=True):
        for word in one:
            try:
                float(word)
            except ValueError:
                return text.refused(line, f"`{shortly(word)}` is no number; {_WINDOW}")
    raise AssertionError("every word is a number")


def _no_window(text: WindowLines, line: int) -> DataError:
    why = "class and pixels are whole numbers, the class at least 0, and the overlap is finite"
    return text.refused(line, f"{_WINDOW}: {why}; not `{text.shown(line)}`")
