"""Datasets that stay in memory once they were read: what `cache: ram` means."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from protonet.data.concatenated import Concatenated
from protonet.data.dataset import ChunkedDataset, Gathering
from protonet.data.encoded_column import EncodedColumn
from protonet.data.header import FieldSpec
from protonet.data.memory_column import MemoryColumn
from protonet.data.table import Dataset
from protonet.errors import UsageError


def in_memory(dataset: Dataset) -> Dataset:
    """Return the same dataset, which reads each chunk once and then keeps it in memory: at most
    `stored_bytes`, and only what is touched.

    Raises: UsageError if its images lie in files of their own.
    """
    if isinstance(dataset, Concatenated):
        return Concatenated([in_memory(part) for part in dataset.parts])
    if not isinstance(dataset, ChunkedDataset):
        raise UsageError(f"{dataset.path}: it lies in no chunks that could be kept in memory")
    return _chunks_in_memory(dataset)


def stored_bytes(dataset: Dataset) -> int:
    """Return the bytes of all records as they are stored."""
    if isinstance(dataset, Concatenated):
        return sum(map(stored_bytes, dataset.parts))
    if not isinstance(dataset, ChunkedDataset):
        return 0
    parts = [part for one in dataset.columns.values() for part in _parts(one)]
    return sum(part.column.record_bytes * part.column.count for part in parts)


def field_bytes(dataset: Dataset, name: str) -> int:
    """Return the bytes of all records of a field, decoded; 0 where they differ in size."""
    spec = dataset.header.field(name)
    if spec is None or spec.shape is None:
        return 0
    return np.dtype(spec.dtype).itemsize * math.prod(spec.shape) * dataset.header.count


def _chunks_in_memory(dataset: ChunkedDataset) -> ChunkedDataset:
    columns = {
        field.name: _column_in_memory(dataset, field, dataset.columns[field.name])
        for field in dataset.header.fields
    }
    again = partial(_again, dataset.reopen)
    return ChunkedDataset(dataset.path, dataset.header, columns, again)


def _column_in_memory(dataset: ChunkedDataset, field: FieldSpec, column: Gathering) -> Gathering:
    if isinstance(column, EncodedColumn):
        return column.over(MemoryColumn)
    if field.kind != "fixed":
        raise UsageError(
            f"{dataset.path}: its images lie in files of their own, which are not kept in memory; "
            "convert them: protonet convert"
        )
    return MemoryColumn(column)


def _parts(column: Gathering) -> tuple[Gathering, ...]:
    return column.parts if isinstance(column, EncodedColumn) else (column,)


def _again(reopen: Callable[[], ChunkedDataset]) -> ChunkedDataset:
    return _chunks_in_memory(reopen())
