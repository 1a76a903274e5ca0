"""The lines of a window file, found in its bytes at once, each made when it is looked at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from protonet.errors import DataError

Lines = npt.NDArray[np.int64]

_BEHIND = (b"", b" ", b"\t")
"""What stands behind the # that begins an image."""


class WindowLines:
    """The lines of a file that are not blank.

    Args:
        where: the file, for messages.
        data: its bytes.

    Attributes:
        where: as given.
        starts, stops: where each line lies.
        numbers: of each, from 1.

    Raises: DataError if there are none.
    """

    def __init__(self, where: str, data: bytes) -> None:
        self.where, self._data = where, data
        letters = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(letters == ord("\n"))
        if len(ends) == 0 or ends[-1] != len(data) - 1:
            ends = np.append(ends, len(data))
        starts = np.concatenate([[0], ends[:-1] + 1])
        if data.startswith(b"\xef\xbb\xbf"):
            starts[0] = 3
        filled = ends > starts
        filled[filled] = (letters[starts[filled]] != ord("\r")) | (ends - starts > 1)[filled]
        self.numbers = np.flatnonzero(filled) + 1
        self.starts, self.stops = starts[filled], ends[filled]
        if not len(self.numbers):
            raise DataError(f"{where}: the window file is empty; it begins with `# 0`")
        self.marks = self._marked(letters)

    def _marked(self, letters: npt.NDArray[np.uint8]) -> Lines:
        """Return the lines that begin an image."""
        found = np.flatnonzero(letters[self.starts] == ord("#"))
        each = zip(found.tolist(), self.lines(found), strict=True)
        return np.array([place for place, line in each if line[1:2] in _BEHIND], int)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.numbers)

    def lines(self, lines: Lines) -> list[bytes]:
        """Return some lines without the white space around them."""
        data = self._data
        places = zip(self.starts[lines].tolist(), self.stops[lines].tolist(), strict=True)
        return [data[start:stop].strip() for start, stop in places]

    def number(self, line: int) -> int:
        """Return the number of a line in the file."""
        return int(self.numbers[line])

    def refused(self, line: int, why: str) -> DataError:
        """Return an error at a line."""
        return DataError(f"{self.where}:{self.numbers[line]}: {why}")

    def shown(self, line: int) -> str:
        """Return a line for messages."""
        return shortly(self.lines(np.array([line]))[0])


def shortly(word: bytes) -> str:
    """Return what a file holds for messages, at most 40 characters of it."""
    shown = word.decode(errors="replace")
    return shown if len(shown) <= 40 else f"{shown[:39]}…"
