"""A file that holds one message of Caffe's: opened, read, its arrays left where they are."""

from __future__ import annotations

import mmap
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from protonet.errors import DataError
from protonet.protobuf.arrays import Array, array_of
from protonet.protobuf.schema import message_class
from protonet.protobuf.walk import BrokenError, Buffer, Piece, Place, Walk

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"

_LOOK = 32
"""Bytes that are looked at to see what a file is instead."""

_OTHERS: Mapping[bytes, str] = MappingProxyType(
    {
        HDF5_SIGNATURE: "an HDF5 file",
        b"version https://git-lfs": "a pointer of Git LFS, and not the file itself: git lfs pull",
        b"<!DOCTYPE": "a page of HTML: the download went wrong",
        b"<html": "a page of HTML: the download went wrong",
        b"\x1f\x8b": "compressed with gzip",
        b"PK\x03\x04": "a zip archive",
    }
)
"""How files begin that are taken for one of Caffe's."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message, and where the arrays in it are.

    Attributes:
        message: as protobuf has it, without the numbers of its arrays.
        name: what errors call the file.
    """

    message: Any
    name: str
    _buffer: Buffer
    _pieces: Mapping[Place, Sequence[Piece]]

    def array(self, blob: Any, place: Place, what: str) -> Array:
        """Return the array of a BlobProto of the message, a view of the file where that can be.

        Args:
            blob: the BlobProto.
            place: of it, see `Place`.
            what: what errors call it; empty for the file itself.

        Raises: DataError if its shape does not fit its numbers.
        """
        try:
            return array_of(blob, self._pieces.get(place, ()), self._buffer)
        except BrokenError as error:
            raise DataError(f"{self.name}: {what}: {error}") from None


def read_message(path: Path, name: str, words: str) -> Parsed:
    """Read a file that holds one message.

    Args:
        path: the file.
        name: of the message.
        words: what it is, for errors: `caffemodel`.

    Raises: DataError if the file cannot be read or is no such message.
    """
    buffer = _mapped(path)
    walk = Walk(buffer)
    kind = message_class(name)
    try:
        message = kind.FromString(walk.without_arrays(name))
    except BrokenError as error:
        raise DataError(f"{path} is no {words} of Caffe: {_why(buffer, str(error))}") from None
    except Exception as error:  # protobuf's DecodeError, which only it can name
        raise DataError(f"{path} is no {words} of Caffe: {_why(buffer, str(error))}") from None
    return Parsed(message, str(path), buffer, walk.pieces)


def _why(buffer: Buffer, error: str) -> str:
    """Return what the file is instead, where its first bytes say it."""
    start = bytes(buffer[:_LOOK])
    found = next((what for begin, what in _OTHERS.items() if start.startswith(begin)), None)
    is_text = len(start) == _LOOK and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in start)
    if found is None and is_text:
        found = "a text; a .prototxt is a net, and not its weights"
    return f"it is {found}" if found else error


def _mapped(path: Path) -> Buffer:
    """Return the bytes of a file, which are read where they are looked at.

    Pages are private, so that arrays upon them can be written to, as torch demands.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise DataError(f"{path}: Is a directory")
        if not stat.S_ISREG(found.st_mode):  # nobody may ever write into a pipe
            raise DataError(f"{path}: it is no regular file")
        if not found.st_size:
            raise DataError(f"{path}: the file is empty")
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
