"""Arrays in memory as a dataset: what a program has at hand, without a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from protonet.data.dataset import ChunkedDataset
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import Array, Column, Rows, new_column
from protonet.data.statistics import Statistics
from protonet.errors import UsageError
from protonet.records import ChannelOrder
from protonet.spec.unconverted import MEMORY


class HeldColumn:
    """Gathers records of an array.

    Args:
        column: the field, as it would be stored.
        array: the records, (N, *shape).

    Attributes:
        column: as given.
    """

    def __init__(self, column: Column, array: Array) -> None:
        self.column, self._array = column, array

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records `rows`, which exist, to `out`, (N, *shape)."""
        np.take(self._array, rows, 0, out, mode="clip")  # unlike "raise", without another copy


def memory_dataset(
    arrays: Mapping[str, Array],
    *,
    classes: Sequence[str] | None = None,
    channels: ChannelOrder | None = None,
) -> ChunkedDataset:
    """Return arrays as a dataset; they are not copied, and must not change while it is read.

    Its mean, deviation and hash are computed at once, over all records.

    Args:
        arrays: by field, (N, *shape) of numbers; statistics are those of the first.
        classes: name of each class; then `label`, whole numbers without a shape, lies in
            0 … len(classes) − 1.
        channels: order of the channels of the first field, where that has images.

    Raises: UsageError if there is no record, the arrays differ in length, or one cannot be stored;
        DataError for a label outside the classes.
    """
    held = _checked(arrays)
    fields = tuple(
        FieldSpec(name=name, dtype=array.dtype.name, shape=array.shape[1:])
        for name, array in held.items()
    )
    header = Header(
        fields=fields,
        count=0,
        channels=channels,
        classes=None if classes is None else tuple(classes),
        content_hash="0",
        made_by={"source": MEMORY},
    )
    header, stored = _completed(header, held)
    columns = {
        name: HeldColumn(replace(column, count=header.count, per_chunk=header.count), held[name])
        for name, column in stored.items()
    }
    again = partial(memory_dataset, arrays, classes=classes, channels=channels)
    return ChunkedDataset(MEMORY, header, columns, again)


def as_dataset(given: Mapping[str, Array] | ChunkedDataset) -> ChunkedDataset:
    """Return arrays by field as a dataset; a dataset as it is.

    Raises: whatever `memory_dataset` raises.
    """
    return given if isinstance(given, ChunkedDataset) else memory_dataset(given)


def _checked(arrays: Mapping[str, Array]) -> dict[str, Array]:
    held = {name: np.asarray(array) for name, array in arrays.items()}
    counts = {name: len(array) if array.ndim else 0 for name, array in held.items()}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        told = (
            ", ".join(f"{name} has {count}" for name, count in counts.items()) or "none are given"
        )
        raise UsageError(f"{MEMORY}: arrays have as many records each, at least 1: {told}")
    return held


def _completed(header: Header, held: Mapping[str, Array]) -> tuple[Header, dict[str, Column]]:
    """Return the header with all that is known of the records, and the columns of its fields."""
    stored = {field.name: new_column(field, MEMORY) for field in header.fields}
    statistics = Statistics(header, stored, MEMORY)
    statistics.check(held)
    for name, array in held.items():
        statistics.add(name, array)
    return statistics.complete(len(held[header.fields[0].name])), stored
