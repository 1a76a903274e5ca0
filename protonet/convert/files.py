"""Image files on disk, read one at a time."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from protonet.convert.image import FORMATS, Decoded, decode
from protonet.errors import DataError
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

    @property
    def channels(self) -> ChannelOrder:
        """What the decoded channels are."""
        return "gray" if self.gray else "RGB"

    def name(self, index: int) -> str:
        """Return the file's path."""
        return shown(self.paths[index])

    def load(self, index: int) -> Decoded:
        """Read and decode one file.

        Raises: DataError naming the file and why it cannot be read.
        """
        with image_errors(self.name(index)):
            data = Path(self.paths[index]).read_bytes()
            if not data:
                raise ValueError("the file is empty")
            return decode(data, gray=self.gray)


@contextmanager
def image_errors(name: str) -> Iterator[None]:
    """Turn what the system, Pillow and simplejpeg raise for a bad file into a DataError."""
    try:
        yield
    except UnidentifiedImageError as error:
        raise _unreadable(
            name, f"it is none of {', '.join(FORMATS)}, or damaged at its beginning"
        ) from error
    except OSError as error:
        raise _unreadable(name, error.strerror or str(error)) from error
    except (
        Image.DecompressionBombError,
        SyntaxError,  # Pillow's word for a broken PNG
        ValueError,
        EOFError,
        struct.error,
        zlib.error,
    ) as error:
        raise _unreadable(name, str(error).rstrip(".") or type(error).__name__) from error


def _unreadable(name: str, why: str) -> DataError:
    return DataError(f"{name}: cannot be read as an image: {why}")
