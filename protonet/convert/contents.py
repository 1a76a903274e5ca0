"""A hash of what each record holds, before it is decoded: what a split is drawn by."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator

import numpy as np

from protonet.convert.source import LABEL, Part
from protonet.convert.threads import together
from protonet.data.encoded_images import EncodedImages
from protonet.data.layout import Array, Rows
from protonet.errors import DataError

_STEP = 256


def contents(part: Part, threads: int) -> Array:
    """Return a hash of every record but its label, (N,) uint64.

    An image counts as its file's bytes; one that cannot be read as its name, for it is refused or
    left out later.
    """
    numbers = np.arange(part.count)
    steps = (numbers[i : i + _STEP] for i in range(0, len(numbers), _STEP))
    found = list(together(lambda rows: _hashes(part, rows), steps, threads))
    return np.concatenate(found) if found else np.empty(0, np.uint64)


def _hashes(part: Part, rows: Rows) -> Array:
    states = [hashlib.blake2b(piece, digest_size=8) for piece in _images(part, rows)]
    for name, values in part.values.items():
        if name != LABEL:
            for state, record in zip(states, pieces(values.take(rows), len(rows)), strict=True):
                state.update(record)
    digests = b"".join(state.digest() for state in states)
    return np.frombuffer(digests, "<u8").astype(np.uint64)


def _images(part: Part, rows: Rows) -> Iterator[bytes]:
    for index in rows.tolist():
        if part.images is None:
            yield b""
            continue
        try:
            yield part.images.content(index)
        except DataError:
            yield part.images.name(index).encode()


def pieces(records: Array | EncodedImages, count: int) -> Iterable[bytes | memoryview]:
    """Return the bytes of each of `count` records."""
    if isinstance(records, EncodedImages):
        return records.data
    flat = np.ascontiguousarray(records).reshape(count, math.prod(records.shape[1:]))
    return (record.view(np.uint8).data for record in flat)
