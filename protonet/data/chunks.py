"""How many records lie together in a file."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from protonet.data.concatenated import Concatenated
from protonet.data.dataset import ChunkedDataset
from protonet.data.encoded_column import EncodedColumn
from protonet.data.layout import CHUNK_BYTES
from protonet.data.table import Records


def records_per_chunk(records: Records, fields: Iterable[str]) -> int:
    """Return the records of a chunk of the field whose records are largest, at least 1.

    Of encoded images it is how many there are in a chunk on average; of records that lie in no
    chunks, how many would be in one.

    Args:
        records: a dataset.
        fields: the fields that are read, at least one.
    """
    if isinstance(records, Concatenated):
        names = tuple(fields)
        return min(records_per_chunk(part, names) for part in records.parts)
    return max(1, min(_per_chunk(records, name) for name in fields))


def _per_chunk(records: Records, name: str) -> int:
    if not isinstance(records, ChunkedDataset):
        spec = records.header.field(name)
        size = math.prod(spec.shape or ()) * np.dtype(spec.dtype).itemsize if spec else 1
        return CHUNK_BYTES // max(1, size)
    gathering = records.columns[name]
    if not isinstance(gathering, EncodedColumn):
        return gathering.column.per_chunk
    data, ends = (part.column for part in gathering.parts)
    return data.per_chunk * ends.count // max(1, data.count)
