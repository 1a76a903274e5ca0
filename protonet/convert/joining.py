"""Shards: several files that are one table, their rows one after the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import overload

from protonet.convert.frame import Cell, Frame
from protonet.convert.source import Images
from protonet.data.image import Decoded
from protonet.errors import DataError
from protonet.records import ChannelOrder


@dataclass(frozen=True)
class JoinedImages:
    """Images of several files, one after the other.

    Args:
        files: those of each.
        starts: number of the first image of each, and of all.
    """

    files: Sequence[Images]
    starts: Sequence[int]

    def __len__(self) -> int:
        """Return the number of images."""
        return self.starts[-1]

    @property
    def channels(self) -> ChannelOrder:
        """What the decoded channels are."""
        return self.files[0].channels

    def name(self, index: int) -> str:
        """Return what messages call the image."""
        images, index = self.at(index)
        return images.name(index)

    def content(self, index: int) -> bytes:
        """Return the bytes that the image is decoded from.

        Raises: DataError if they cannot be read.
        """
        images, index = self.at(index)
        return images.content(index)

    def load(self, index: int) -> Decoded:
        """Read and decode one image.

        Raises: DataError if it cannot be read.
        """
        images, index = self.at(index)
        return images.load(index)

    def at(self, index: int) -> tuple[Images, int]:
        """Return the images of one file, and the number of an image among them."""
        file = bisect_right(self.starts, index) - 1
        return self.files[file], index - self.starts[file]


@dataclass(frozen=True)
class JoinedLines(Sequence[str]):
    """What messages call the rows of several files, one after the other.

    Args:
        frames: the files.
        starts: number of the first row of each, and of all.
    """

    frames: Sequence[Frame]
    starts: Sequence[int]

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.starts[-1]

    @overload
    def __getitem__(self, row: int) -> str: ...

    @overload
    def __getitem__(self, row: slice) -> list[str]: ...

    def __getitem__(self, row: int | slice) -> str | list[str]:
        """Return the file and the line of a row."""
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        if not 0 <= row < len(self):
            raise IndexError(row)
        file = bisect_right(self.starts, row) - 1
        return self.frames[file].place(row - self.starts[file])


def joined(frames: Sequence[Frame], where: str) -> Frame:
    """Return one table of several that have the same columns.

    Args:
        frames: the tables; none of them empty.
        where: what messages call them all.

    Raises: DataError if their columns differ.
    """
    first = frames[0]
    if len(frames) == 1:
        return first
    for other in frames[1:]:
        _check_same(first, other)
    starts = list(accumulate((len(one.lines) for one in frames), initial=0))
    columns: dict[str, list[Cell]] = {
        name: list(chain.from_iterable(one.columns[name] for one in frames))
        for name in first.columns
    }
    images = [one.images for one in frames if one.images is not None]
    return replace(
        first,
        where=where,
        columns=columns,
        lines=JoinedLines([replace(one, columns={}) for one in frames], starts),
        rejects=tuple(chain.from_iterable(one.rejects for one in frames)),
        images=JoinedImages(images, starts) if images else None,
    )


def _check_same(first: Frame, other: Frame) -> None:
    if other.columns.keys() != first.columns.keys():
        raise DataError(
            f"{other.where}: its columns are {', '.join(other.columns)}, and those of "
            f"{first.where} are {', '.join(first.columns)}; the files of one table have the same"
        )
    if (other.images is None) != (first.images is None):
        one, none = (first, other) if other.images is None else (other, first)
        raise DataError(
            f"{none.where}: it has no images, and {one.where} has; the files of one table have the "
            "same columns"
        )
