"""Caffe's binary files, their bytes put together by hand."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def varint(number: int) -> bytes:
    """Return a whole number: seven bits a byte, the lowest first, a mark where more follow."""
    found = bytearray()
    while number > 127:
        found.append(number % 128 + 128)
        number //= 128
    return bytes([*found, number])


def whole(number: int, value: int) -> bytes:
    """Return a field that holds a whole number."""
    return varint(number * 8) + varint(value)


def held(number: int, content: bytes) -> bytes:
    """Return a field that holds bytes, a text or a message."""
    return varint(number * 8 + 2) + varint(len(content)) + content


def floats(*values: float) -> bytes:
    """Return numbers as float32."""
    return struct.pack(f"<{len(values)}f", *values)


def doubles(*values: float) -> bytes:
    """Return numbers as float64."""
    return struct.pack(f"<{len(values)}d", *values)


def halves(*values: float) -> bytes:
    """Return numbers as float16."""
    return struct.pack(f"<{len(values)}e", *values)


def raw(kind: int, content: bytes) -> bytes:
    """Return the numbers of a blob as NVCaffe writes them: 0 double, 1 float, 2 float16."""
    return whole(10, kind) + held(12, content)


def shape(*dims: int) -> bytes:
    """Return the shape of a blob, a field of it."""
    return held(7, held(1, b"".join(map(varint, dims))))


def sides(*dims: int) -> bytes:
    """Return num, channels, height and width, as files before 2015 have the shape."""
    return b"".join(whole(place + 1, dim) for place, dim in enumerate(dims))


def blob(dims: Sequence[int], *values: float) -> bytes:
    """Return a BlobProto since 2015."""
    return shape(*dims) + held(5, floats(*values))


def layer(name: str, *blobs: bytes) -> bytes:
    """Return a layer of a NetParameter since 2014."""
    return held(100, held(1, name.encode()) + b"".join(held(7, one) for one in blobs))


def v1_layer(name: str, *blobs: bytes) -> bytes:
    """Return a layer of 2014."""
    return held(2, held(4, name.encode()) + b"".join(held(6, one) for one in blobs))


def v0_layer(name: str, *blobs: bytes) -> bytes:
    """Return a layer of 2013."""
    inner = held(1, name.encode()) + b"".join(held(50, one) for one in blobs)
    return held(2, held(1, inner))
