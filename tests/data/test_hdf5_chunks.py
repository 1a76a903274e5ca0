"""Chunks that h5py has written, read without it; and what cannot have been."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from protonet.data.hdf5_chunks import ChunkError, StoredChunks, read_chunk, stored_chunks
from protonet.data.layout import Array, Column

COUNT, PER_CHUNK = 10, 4
RECORDS = (np.arange(COUNT * 6) * 977).astype("<i4").reshape(COUNT, 2, 3)
COLUMN = Column("data", np.dtype("<i4"), (2, 3), COUNT, PER_CHUNK)


def stored(folder: Path, **options: Any) -> tuple[Array, StoredChunks | None]:
    """Write RECORDS with h5py; return the file's bytes, and where the chunks are in it."""
    with h5py.File(folder / "x.h5", "w") as file:
        shape = {"maxshape": (None, 2, 3), "chunks": (PER_CHUNK, 2, 3), **options}
        file.create_dataset("data", data=RECORDS.astype(shape.pop("dtype", "<i4")), **shape)
    with h5py.File(folder / "x.h5") as file:
        chunks = stored_chunks(file["data"], COLUMN)
    return np.frombuffer((folder / "x.h5").read_bytes(), np.uint8), chunks


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "gzip"},
        {"compression": "gzip", "compression_opts": 9, "shuffle": True},
        {"shuffle": True},
    ],
)
def test_what_h5py_has_written_is_read(tmp_path: Path, options: dict[str, Any]) -> None:
    file, chunks = stored(tmp_path, **options)
    assert chunks is not None
    assert chunks.lie_open == (not options)
    read = [read_chunk(file, chunks, COLUMN, chunk) for chunk in range(3)]
    assert [len(one) for one in read] == [4, 4, 2]
    assert np.array_equal(np.concatenate(read), RECORDS)


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "lzf"},
        {"fletcher32": True},
        {"chunks": (2, 2, 3)},
        {"chunks": None, "maxshape": None},
        {"dtype": ">i4"},
    ],
)
def test_the_rest_is_left_to_h5py(tmp_path: Path, options: dict[str, Any]) -> None:
    _, chunks = stored(tmp_path, **options)
    assert chunks is None


def test_a_chunk_that_was_never_stored_or_lies_outside_is_refused(tmp_path: Path) -> None:
    file, chunks = stored(tmp_path, compression="gzip")
    assert chunks is not None
    size = len(file)
    for offset in (-1, size - 3):
        chunks.offsets[1] = offset
        with pytest.raises(ChunkError, match=f"^it lies outside the file of {size} bytes$"):
            read_chunk(file, chunks, COLUMN, 1)


def test_what_is_not_compressed_as_it_says_is_refused(tmp_path: Path) -> None:
    file, chunks = stored(tmp_path, compression="gzip")
    assert chunks is not None
    damaged = file.copy()
    damaged[chunks.offsets[0]] ^= 0xFF
    with pytest.raises(ChunkError) as caught:
        read_chunk(damaged, chunks, COLUMN, 0)
    said = "it cannot be decompressed: Error -3 while decompressing data: incorrect header check"
    assert str(caught.value) == said
    chunks.sizes[0] -= 8
    with pytest.raises(ChunkError, match=r"^it has \d+ bytes, not 96$"):
        read_chunk(file, chunks, COLUMN, 0)


def test_what_would_grow_without_end_is_not_decompressed(tmp_path: Path) -> None:
    """The chunk of a table with 1,000 records to a chunk, where four are said to be in it."""
    zeros = np.zeros((1000, 2, 3), "<i4")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("data", data=zeros, chunks=zeros.shape, compression="gzip")
        place = file["data"].id.get_chunk_info(0)
    content = np.frombuffer((tmp_path / "x.h5").read_bytes(), np.uint8)
    one = np.array([place.byte_offset]), np.array([place.size])
    with pytest.raises(ChunkError, match=re.escape("it has 97 bytes, not 96")):
        read_chunk(content, StoredChunks(*one, compressed=True, shuffled=False), COLUMN, 0)
