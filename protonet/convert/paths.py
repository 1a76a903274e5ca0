"""Many paths in little memory: a string takes 50 bytes besides its letters."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Sequence
from typing import overload


class Paths(Sequence[str]):
    """Paths that lie one after the other in one piece of memory; a string is made when it is asked
    for.

    Args:
        paths: the first of them.
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._bytes = bytearray()
        self._ends = array("q")
        for path in paths:
            self.append(path)

    def append(self, path: str) -> None:
        """Take another path."""
        self._bytes += os.fsencode(path)
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        """Return the number of paths."""
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        """Return a path, or several.

        Raises: IndexError if there is no such path.
        """
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        begin = self._ends[place - 1] if place else 0
        return os.fsdecode(bytes(self._bytes[begin : self._ends[place]]))
