"""Caffe's BlobProto, the file of one array (`.binaryproto`), as NumPy reads it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from protonet.errors import DataError

_SIDES = (1, 2, 3, 4)
"""num, channels, height and width, as files before 2015 have the shape."""
_DATA, _SHAPE, _DOUBLES = 5, 7, 8
_TYPES = {_DATA: "<f4", _DOUBLES: "<f8"}


class _Broken(Exception):
    """The bytes are no message."""


def read_blob(path: Path) -> npt.NDArray[np.float64]:
    """Return the array that a file holds.

    Raises: DataError if the file cannot be read or holds no array.
    """
    try:
        return _array(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except _Broken as error:
        raise DataError(f"{path} is no BlobProto of Caffe: {error}") from None


def _array(content: bytes) -> npt.NDArray[np.float64]:
    sides: dict[int, int] = {}
    shape: list[int] = []
    numbers: list[npt.NDArray[np.float64]] = []
    for number, value in _fields(content):
        if number in _SIDES and isinstance(value, int):
            sides[number] = value
        elif number == _SHAPE and isinstance(value, bytes):
            shape += _lengths(value)
        elif number in _TYPES and isinstance(value, bytes):
            kind = np.dtype(_TYPES[number])
            if len(value) % kind.itemsize:
                raise _Broken("its numbers end in the middle of one")
            numbers.append(np.frombuffer(value, kind).astype(np.float64))
    values = np.concatenate(numbers) if numbers else np.zeros(0)
    shape = shape or [sides.get(side, 0) for side in _SIDES]
    if math.prod(shape) != values.size:
        raise _Broken(f"its shape {tuple(shape)} does not fit its {values.size} numbers")
    return values.reshape(shape)


def _lengths(content: bytes) -> Iterator[int]:
    """Yield the lengths of a BlobShape, which stand packed or one by one."""
    for number, value in _fields(content):
        if number == 1 and isinstance(value, int):
            yield value
        elif number == 1 and isinstance(value, bytes):
            at = 0
            while at < len(value):
                length, at = _varint(value, at)
                yield length


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field of a message, in protobuf's wire format."""
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(content, at)
            yield number, value
            continue
        size, at = _varint(content, at) if wire == 2 else ({1: 8, 5: 4}.get(wire, 0), at)
        if not size and wire != 2:
            raise _Broken(f"field {number} is of an unknown kind, {wire}")
        if at + size > len(content):
            raise _Broken(f"it ends within field {number}")
        yield number, content[at : at + size]
        at += size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return a whole number of any length, and where the next byte stands."""
    number = shift = 0
    while at < len(content):
        byte = content[at]
        number, shift, at = number | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return number, at
    raise _Broken("it ends within a number")
