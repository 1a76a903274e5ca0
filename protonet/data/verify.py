"""Is every record of a dataset what was written? Reads them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from protonet.data.dataset import ChunkedDataset, Gathering
from protonet.data.encoded_column import EncodedColumn
from protonet.data.header import Header
from protonet.data.layout import IMAGE, Array
from protonet.data.statistics import Statistics
from protonet.errors import DataError

Progress = Callable[[int, int], None]
"""Called with the number of chunks read and of all chunks."""

_LABEL = "label"
_FACTS = ("content_hash", "class_counts", "mean", "std", "sorted_labels")


@dataclass(frozen=True)
class Verified:
    """What reading a table has shown.

    Args:
        path: the table.
        count: its records.
        chunks: how many were read.
        damaged: a sentence for each fault.
    """

    path: str
    count: int
    chunks: int
    damaged: tuple[str, ...]


def verify(dataset: ChunkedDataset, progress: Progress | None = None) -> Verified:
    """Read every chunk of every field, and compare what the header says with what is there.

    The header's own facts, the hash over all records among them, are compared where no chunk is
    damaged.
    """
    columns = {part.column.name: part for one in dataset.columns.values() for part in parts_of(one)}
    statistics = Statistics(
        dataset.header, {name: one.column for name, one in columns.items()}, dataset.path
    )
    total = sum(one.column.chunks for one in columns.values())
    damaged: list[str] = []
    done = 0
    for name, column in columns.items():
        for chunk in _chunks(column, damaged):
            done += 1
            if chunk is not None:
                _learn(statistics, name, chunk, damaged)
            if progress:
                progress(done, total)
    if not damaged:
        shapes = {f.name: f.shape for f in dataset.header.fields if f.kind == IMAGE}
        found = statistics.complete(len(dataset), shapes)
        damaged += _differences(dataset.header, found, dataset.path)
        damaged += _undecodable(dataset)
    return Verified(dataset.path, len(dataset), total, tuple(damaged))


def parts_of(column: Gathering) -> tuple[Gathering, ...]:
    """Return the columns of the file that a field lies in."""
    return column.parts if isinstance(column, EncodedColumn) else (column,)


def _undecodable(dataset: ChunkedDataset) -> Iterator[str]:
    """Yield a sentence for each encoded image that cannot be decoded."""
    for column in dataset.columns.values():
        if isinstance(column, EncodedColumn):
            for row in range(len(dataset)):
                try:
                    column.image(row)
                except DataError as error:
                    yield str(error)


def _chunks(gathering: Gathering, damaged: list[str]) -> Iterator[Array | None]:
    """Yield the records of each chunk, or None where they are damaged."""
    column = gathering.column
    for number in range(column.chunks):
        rows = np.array(column.records_in(number))
        records = np.empty((len(rows), *column.shape), column.dtype)
        try:
            gathering.gather(rows, records)
        except DataError as error:
            damaged.append(str(error))
            yield None
        else:
            yield records


def _learn(statistics: Statistics, name: str, chunk: Array, damaged: list[str]) -> None:
    statistics.add(name, chunk)
    if name == _LABEL:
        try:
            statistics.check({name: chunk})
        except DataError as error:
            damaged.append(str(error))


def _differences(said: Header, found: Header, path: str) -> Iterator[str]:
    for fact in _FACTS:
        if getattr(said, fact) != getattr(found, fact):
            yield (
                f"{path}: its header gives {fact} as {getattr(said, fact)}, and the records give "
                f"{getattr(found, fact)}; convert the data again"
            )
