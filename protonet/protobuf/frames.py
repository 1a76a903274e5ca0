"""Messages put together around arrays that are not copied: the way back of `walk`.

protobuf writes what is small. The numbers of an array go between its pieces as they lie in memory,
packed, as Caffe writes them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from protonet.protobuf.arrays import Array
from protonet.protobuf.schema import MESSAGES, message_class
from protonet.protobuf.walk import varint_of

Part = bytes | memoryview
Parts = list[Part]
"""Bytes that follow each other."""

_LENGTH = 2
"""The wire type of what has its length before it."""


def held(message: str, field: str, parts: Iterable[Part]) -> Parts:
    """Return a field that holds a message or bytes, its tag and length before it.

    Args:
        message: the name of the message that it stands in.
        field: its name.
        parts: what it holds.
    """
    content = list(parts)
    tag = varint_of(MESSAGES[message][field].number << 3 | _LENGTH)
    return [tag + varint_of(size_of(content)), *content]


def blob_parts(array: Array) -> Parts:
    """Return a BlobProto that holds an array as float32, and its shape."""
    numbers = np.ascontiguousarray(array, "<f4")
    shape = message_class("BlobShape")(dim=array.shape)
    head = message_class("BlobProto")(shape=shape).SerializeToString()
    return [head, *held("BlobProto", "data", [numbers.reshape(-1).view(np.uint8).data])]


def size_of(parts: Iterable[Part]) -> int:
    """Return how many bytes parts are together."""
    return sum(len(part) for part in parts)
