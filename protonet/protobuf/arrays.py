"""The array of a BlobProto: where its numbers are, and its shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from protonet.protobuf.schema import RAW, RAW_KINDS, SIDES
from protonet.protobuf.walk import BrokenError, Buffer, Piece

MOST_AXES = 32
"""Axes of an array of Caffe's."""

Array = npt.NDArray[Any]


def array_of(blob: Any, pieces: Sequence[Piece], buffer: Buffer) -> Array:
    """Return an array: a view of the buffer where its numbers lie one after the other.

    Numbers of float16 become float32.

    Args:
        blob: the BlobProto, without its numbers.
        pieces: where those are.
        buffer: what they are in.

    Raises: BrokenError if there are more or fewer than the shape says, or nothing says what they
        are.
    """
    kind = _kind(blob, pieces)
    parts = [_numbers(piece, buffer) for piece in pieces if piece.kind == kind]
    if not parts and pieces:
        parts = [_raw(pieces[-1], kind, buffer)]
    shape, count = shape_of(blob), sum(part.size for part in parts)
    if len(shape) > MOST_AXES or min(shape, default=0) < 0 or math.prod(shape) != count:
        shown = shape if len(shape) <= MOST_AXES else f"of {len(shape)} axes"
        raise BrokenError(f"its shape {shown} does not fit its {count} numbers")
    numbers = parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, kind), *parts])
    return numbers.reshape(shape)


def shape_of(blob: Any) -> tuple[int, ...]:
    """Return the shape of a BlobProto; files before 2015 have four sides."""
    if blob.HasField("shape"):
        return tuple(blob.shape.dim)
    return tuple(getattr(blob, side) for side in SIDES)


def _kind(blob: Any, pieces: Sequence[Piece]) -> str:
    """Return what the numbers of a BlobProto are in the file, in NumPy's words.

    Double numbers win over single ones, and those over raw ones, as in NVCaffe.

    Raises: BrokenError if nothing says what raw numbers are.
    """
    kinds = {piece.kind for piece in pieces}
    if kinds != {RAW}:
        return "<f8" if "<f8" in kinds else "<f4"
    said, is_said = blob.raw_data_type, blob.HasField("raw_data_type")
    if not is_said or said not in RAW_KINDS:
        shown = said if is_said else "not said"
        raise BrokenError(
            f"the type of its raw numbers is {shown}, and NVCaffe reads 0 (double), 1 (float) and "
            "2 (float16)"
        )
    return RAW_KINDS[said]


def _raw(piece: Piece, kind: str, buffer: Buffer) -> Array:
    """Return the numbers that bytes are; of several such fields the last counts, as in protobuf."""
    count, left = divmod(piece.count, np.dtype(kind).itemsize)
    if left:
        raise BrokenError("its numbers end in the middle of one")
    found = np.frombuffer(buffer, kind, count, piece.start)
    return found.astype(np.float32) if kind == "<f2" else found


def _numbers(piece: Piece, buffer: Buffer) -> Array:
    kind = np.dtype(piece.kind)
    if piece.step == kind.itemsize:
        return np.frombuffer(buffer, kind, piece.count, piece.start)
    width = piece.step - kind.itemsize  # of the tag before each number but the first
    start = piece.start - width
    rows = np.frombuffer(buffer, np.uint8, piece.count * piece.step, start)
    return np.ascontiguousarray(rows.reshape(-1, piece.step)[:, width:]).view(kind).reshape(-1)
