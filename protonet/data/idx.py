"""IDX, the format of MNIST: one array of numbers behind a small header, often within gzip.

    00 00        two zero bytes
    08           element type: 08 uint8, 09 int8, 0b int16, 0c int32, 0d float32, 0e float64
    03           number of axes
    00 00 ea 60  length of each axis, big-endian uint32: here 60,000,
    00 00 00 1c  28
    00 00 00 1c  and 28
    …            the elements, big-endian, the last axis fastest

Source: http://yann.lecun.com/exdb/mnist, "The IDX file format".
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from protonet.errors import DataError

_TYPES = {
    0x08: "uint8",
    0x09: "int8",
    0x0B: "int16",
    0x0C: "int32",
    0x0D: "float32",
    0x0E: "float64",
}
_MAGIC_BYTES = 4
_AXIS_BYTES = 4
_MOST_AXES = 32
"""What every NumPy can hold."""
_GZIP = b"\x1f\x8b"
_PIECE_BYTES = 1 << 20
"""Read in pieces of this size, so that memory follows what a file holds, not what it claims."""


def read_idx(path: Path) -> npt.NDArray[Any]:
    """Read a whole IDX file, compressed with gzip or not (its first bytes tell, not its name).

    Returns: an array of the file's shape and type, in native byte order, free to be changed.

    Raises: DataError if the file cannot be read, is no IDX file, is cut short or too long, or its
        compression is damaged.
    """
    where = os.fsencode(path).decode(errors="replace")
    with _read_errors(where), path.open("rb") as file:
        packed = file.peek(len(_GZIP)).startswith(_GZIP)
        if not packed:
            return _read(file, where)
        with gzip.open(file) as unpacked:
            return _read(unpacked, where)


def _read(file: BufferedIOBase, where: str) -> npt.NDArray[Any]:
    dtype, axes = _read_magic(file, where)
    lengths = _take(file, axes * _AXIS_BYTES)
    if len(lengths) < axes * _AXIS_BYTES:
        raise DataError(
            f"{where}: ends after {_MAGIC_BYTES + len(lengths)} bytes, within its header of "
            f"{_MAGIC_BYTES + axes * _AXIS_BYTES}: it was cut short; get it again"
        )
    shape = tuple(np.frombuffer(lengths, ">u4").tolist())
    wanted = math.prod(shape) * dtype.itemsize
    data = _take(file, wanted + 1)  # one more, to see whether the file goes on
    claimed = f"its header promises {' x '.join(map(str, shape))} {dtype.name}, {wanted} bytes"
    if len(data) < wanted:
        raise DataError(
            f"{where}: {claimed}, but only {len(data)} follow: it was cut short; get it again"
        )
    if len(data) > wanted:
        raise DataError(
            f"{where}: {claimed}, but more follow: it is damaged or no IDX file; get it again"
        )
    try:
        values = np.frombuffer(data, dtype.newbyteorder(">")).reshape(shape)
    except ValueError as error:  # an axis of length 0 beside others too long for any memory
        raise DataError(f"{where}: {claimed}, which is no shape of an array") from error
    return values.astype(dtype, copy=False)


def _read_magic(file: BufferedIOBase, where: str) -> tuple[np.dtype[Any], int]:
    """Return the element type and the number of axes."""
    magic = _take(file, _MAGIC_BYTES)
    if not magic:
        raise DataError(
            f"{where}: is empty, and an IDX file begins with a header of at least 8 bytes; get it "
            "again"
        )
    if len(magic) < _MAGIC_BYTES:
        raise DataError(
            f"{where}: ends after {len(magic)} bytes, within its header of at least 8: it was cut "
            "short; get it again"
        )
    name = _TYPES.get(magic[2])
    if name is None or magic[:2] != b"\0\0":
        types = ", ".join(f"{code:02x} for {known}" for code, known in _TYPES.items())
        raise DataError(
            f"{where}: begins with the bytes {magic.hex(' ')}, so it is no IDX file: that begins "
            f"with 00 00, its type ({types}) and its number of axes"
        )
    if not 1 <= magic[3] <= _MOST_AXES:
        raise DataError(
            f"{where}: its header says {magic[3]} axes, and an IDX file has from 1 to {_MOST_AXES}"
        )
    return np.dtype(name), magic[3]


def _take(file: BufferedIOBase, most: int) -> bytearray:
    """Return the next bytes, `most` of them or up to the file's end."""
    taken = bytearray()
    while len(taken) < most:
        piece = file.read(min(most - len(taken), _PIECE_BYTES))
        if not piece:
            break
        taken += piece
    return taken


@contextmanager
def _read_errors(where: str) -> Iterator[None]:
    """Turn what the system, gzip and zlib raise into a DataError."""
    try:
        yield
    except EOFError as error:
        raise DataError(
            f"{where}: its gzip data ends too early: it was cut short; get it again"
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{where}: its gzip data is damaged ({error}); get it again") from error
    except OSError as error:
        raise DataError(f"{where}: cannot be read: {error.strerror or error}") from error
