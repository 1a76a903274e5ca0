"""Image files on disk, read one at a time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protonet.data.image import Decoded, decode, image_errors
from protonet.records import ChannelOrder

IMAGE_ENDINGS = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif")
    + (".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".pnm")
)
"""Endings of the files taken for images in a folder, in lower case."""


def is_image_name(name: str) -> bool:
    """Tell whether a file's name says that it is an image."""
    return os.path.splitext(name)[1].lower() in IMAGE_ENDINGS


def shown(path: str | Path) -> str:
    """Return a path that can be printed, with replacement characters where it is no UTF-8."""
    return os.fsencode(path).decode(errors="replace")


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
        with image_errors(self.name(index)):
            with open(self.paths[index], "rb", buffering=0) as file:
                data = file.read()
            if not data:
                raise ValueError("the file is empty")
            return data

    def load(self, index: int) -> Decoded:
        """Read and decode one file.

        Raises: DataError naming the file and why it cannot be read.
        """
        with image_errors(self.name(index)):
            return decode(self.content(index), gray=self.gray, spaced=True)
