"""Small tables for the tests of this room: written in one call, read back in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from protonet.data.dataset import ChunkedDataset
from protonet.data.header import FieldSpec
from protonet.data.layout import Array
from protonet.data.open import open_dataset
from protonet.data.table import create_tables

FORMATS = ("lmdb", "h5")

TINY: Mapping[str, Array] = {
    "data": np.arange(12, dtype=np.uint8).reshape(2, 1, 2, 3),
    "label": np.array([1, 0], np.int64),
}
"""Two images of 2 rows and 3 columns, with the values 0 to 11."""
CLASSES = ("cat", "dog")


def fields_of(columns: Mapping[str, Array]) -> tuple[FieldSpec, ...]:
    """Return the fields that columns, (N, *shape) each, are stored as."""
    return tuple(
        FieldSpec(name=name, dtype=column.dtype.name, shape=column.shape[1:])
        for name, column in columns.items()
    )


def write(
    path: Path,
    columns: Mapping[str, Array],
    *,
    table: str | None = None,
    classes: Sequence[str] | None = None,
    force: bool = False,
) -> Path:
    """Write one table in one batch; return its address."""
    with create_tables(path, force=force) as tables:
        writer = tables.table(table, fields_of(columns), classes=classes)
        writer.write(columns)
    return path if table is None else path / table


def read(dataset: ChunkedDataset) -> dict[str, Array]:
    """Return all records of all fields."""
    out = {
        field.name: np.empty((len(dataset), *(field.shape or ())), field.dtype)
        for field in dataset.header.fields
    }
    dataset.gather(np.arange(len(dataset)), out)
    return out


def read_path(path: Path) -> dict[str, Array]:
    """Open a dataset and return all that is in it."""
    with open_dataset(path) as dataset:
        return read(dataset)


def same(found: Mapping[str, Array], wanted: Mapping[str, Array]) -> bool:
    """Tell whether two tables hold the same bytes, types and shapes included."""
    return found.keys() == wanted.keys() and all(
        found[name].dtype == wanted[name].dtype
        and found[name].shape == wanted[name].shape
        and found[name].tobytes() == wanted[name].tobytes()
        for name in wanted
    )


def numbered(count: int) -> dict[str, Array]:
    """Return records whose every value tells their number: data (N, 3) int32, label (N,) int64."""
    rows = np.arange(count)
    return {"data": (rows[:, None] * 10 + np.arange(3)).astype(np.int32), "label": rows}


def flipped(content: bytes, position: int, bit: int = 0) -> bytes:
    """Return the bytes with one bit turned over."""
    changed = bytearray(content)
    changed[position] ^= 1 << bit
    return bytes(changed)


TINY_HEADER = (
    b'{"version":1,"fields":[{"name":"data","dtype":"uint8","shape":[1,2,3],"kind":"fixed"},'
    b'{"name":"label","dtype":"int64","shape":[],"kind":"fixed"}],"count":2,"channels":null,'
    b'"classes":["cat","dog"],"class_counts":[1,1],"mean":[5.5],"std":[3.4520525295346633],'
    b'"sorted_labels":false,"content_hash":'
    b'"38019475aa4c3e47622d95cf3807602600c5be55c5e106d5d5a7e7a1ea1942bd","made_by":{}}'
)
"""TINY's header. Mean 66 / 12, standard deviation sqrt(12 · 506 − 66²) / 12 of 0 … 11, where 66 is
their sum and 506 that of their squares; test_statistics.py sums the hash up by hand."""
TINY_ENTRIES: Mapping[str, bytes] = {
    "data/00000000": bytes(range(12)),
    "label/00000000": bytes([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    "protonet/checksums/data": bytes.fromhex("65 c9 70 92"),
    "protonet/checksums/label": bytes.fromhex("c4 da d3 42"),
    "protonet/header": TINY_HEADER,
    "protonet/layout": b'{"header_checksum":38273363,'
    b'"records_per_chunk":{"data":174762,"label":131072}}',
}
"""What TINY is in LMDB, byte for byte. A chunk of 1 MiB holds 174762 records of 6 bytes, 131072 of
8; the checksums are zlib's CRC-32, little-endian."""
