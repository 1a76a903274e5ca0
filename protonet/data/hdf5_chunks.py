"""The chunks of an HDF5 array as they lie in the file: open, or compressed with what HDF5 itself
brings along, zlib and the shuffling of bytes that goes before it.

These are read without HDF5, which lets only one thread of a process in, and opens a file anew for
each process. What other filters have made is left to h5py.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import h5py
import numpy as np

from protonet.data.layout import Array, Column, Rows

_PLAIN = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE}


@dataclass(frozen=True, slots=True)
class StoredChunks:
    """Where an array's chunks are in its file.

    Attributes:
        offsets: in bytes, (chunks,); -1 of one that was never stored.
        sizes: in bytes, (chunks,).
        compressed: by zlib.
        shuffled: all first bytes of the elements stand before all second ones, and so on.
    """

    offsets: Rows
    sizes: Rows
    compressed: bool
    shuffled: bool

    @property
    def lie_open(self) -> bool:
        """Whether they are in the file as they are in memory."""
        return not (self.compressed or self.shuffled)


def stored_chunks(array: h5py.Dataset, column: Column) -> StoredChunks | None:
    """Return where the chunks are; None where they cannot be read without HDF5."""
    if array.chunks != (column.per_chunk, *column.shape) or array.dtype != column.dtype:
        return None
    properties = array.id.get_create_plist()
    filters = [properties.get_filter(number)[0] for number in range(properties.get_nfilters())]
    if not _PLAIN.issuperset(filters) or filters != sorted(filters, reverse=True):
        return None  # zlib before shuffling is nothing that h5py writes
    offsets = np.full(column.chunks, -1, np.int64)
    sizes = np.zeros(column.chunks, np.int64)
    unfiltered = False

    def note(stored: h5py.h5d.StoreInfo) -> None:
        nonlocal unfiltered
        chunk = stored.chunk_offset[0] // column.per_chunk
        offsets[chunk], sizes[chunk] = stored.byte_offset, stored.size
        unfiltered |= bool(stored.filter_mask)

    array.id.chunk_iter(note)
    if unfiltered:
        return None
    return StoredChunks(
        offsets,
        sizes,
        h5py.h5z.FILTER_DEFLATE in filters,
        h5py.h5z.FILTER_SHUFFLE in filters,
    )


class ChunkError(Exception):
    """Why a chunk cannot be read; the caller says which."""


def read_chunk(file: Array, stored: StoredChunks, column: Column, chunk: int) -> Array:
    """Return a chunk's records, (N, *shape).

    Args:
        file: the whole file, (bytes,) uint8.
        stored: where its chunks are.
        column: what they hold.
        chunk: which one.

    Raises: ChunkError if it lies outside the file, or is not what was compressed.
    """
    start, size = int(stored.offsets[chunk]), int(stored.sizes[chunk])
    if start < 0 or start + size > len(file):
        raise ChunkError(f"it lies outside the file of {len(file)} bytes")
    content: Array | bytes = file[start : start + size]
    whole = column.per_chunk * column.record_bytes
    if stored.compressed:
        content = _decompressed(file[start : start + size], whole)
    if len(content) != whole:
        raise ChunkError(f"it has {len(content)} bytes, not {whole}")
    values = np.frombuffer(content, np.uint8)
    item = column.dtype.itemsize
    if stored.shuffled and item > 1:
        values = np.ascontiguousarray(values.reshape(item, -1).T).reshape(-1)
    records = values[: column.bytes_in(chunk)].view(column.dtype)
    return records.reshape(-1, *column.shape)


def _decompressed(content: Array, whole: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(content.data, whole + 1)  # no more, whatever it says
    except zlib.error as error:
        raise ChunkError(f"it cannot be decompressed: {error}") from error
