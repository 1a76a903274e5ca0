"""Image files on disk, read one at a time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protonet.data.image import Decoded, decode, image_errors, probe, unreadable_image
from protonet.records import ChannelOrder

IMAGE_ENDINGS = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif")
    + (".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".pnm")
)
"""Endings of the files taken for images in a folder, in lower case."""

_PIECE = 1 << 20


def is_image_name(name: str) -> bool:
    """Tell whether a file's name says that it is an image."""
    return os.path.splitext(name)[1].lower() in IMAGE_ENDINGS


def shown(path: str | Path) -> str:
    """Return a path that can be printed, with replacement characters where it is no UTF-8."""
    text = os.fspath(path)
    return text if text.isascii() else os.fsencode(text).decode(errors="replace")


def read_file(path: str) -> bytes:
    """Return what a file holds; of an image's size it takes one read, and no stream is made.

    Raises: OSError.
    """
    file = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(file).st_size
        data = os.read(file, size + 1)
        if len(data) == size:
            return data
        pieces = [data]
        while pieces[-1]:  # a pipe, a file that grows, or one of several GB
            pieces.append(os.read(file, _PIECE))
        return b"".join(pieces)
    finally:
        os.close(file)


@dataclass(frozen=True)
class ImageFiles:
    """Image files, decoded when asked for.

    Args:
        paths: the files.
        gray: decode to one channel, luma.
    """

    paths: Sequence[str]
    gray: bool

    def __len__(self) -> int:
        """Return the number of files."""
        return len(self.paths)

    @property
    def channels(self) -> ChannelOrder:
        """What the decoded channels are."""
        return "gray" if self.gray else "RGB"

    def name(self, index: int) -> str:
        """Return the file's path."""
        return shown(self.paths[index])

    def content(self, index: int) -> bytes:
        """Read one file.

        Raises: DataError naming the file and why it cannot be read.
        """
        try:
            data = read_file(self.paths[index])
        except OSError as error:
            raise unreadable_image(self.name(index), error.strerror or str(error)) from error
        if not data:
            raise unreadable_image(self.name(index), "the file is empty")
        return data

    def size(self, index: int) -> tuple[int, ...]:
        """Return the height and width of one image, upright.

        Raises: DataError naming the file and why it cannot be read.
        """
        with image_errors(self.name(index)):
            return probe(self.content(index), gray=self.gray).shape[1:]

    def load(self, index: int) -> Decoded:
        """Read and decode one file.

        Raises: DataError naming the file and why it cannot be read.
        """
        with image_errors(self.name(index)):
            return decode(self.content(index), gray=self.gray)
