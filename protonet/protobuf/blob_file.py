"""Caffe's BlobProto, the file of one array (`.binaryproto`), as NumPy reads it."""

from __future__ import annotations

from pathlib import Path

from protonet.protobuf.arrays import Array
from protonet.protobuf.file import read_message

SUFFIX = ".binaryproto"


def read_blob(path: Path) -> Array:
    """Return the array that a file holds, float32 or float64.

    Raises: DataError if the file cannot be read or holds no array.
    """
    parsed = read_message(path, "BlobProto", "BlobProto")
    return parsed.array(parsed.message, (), "the array")
