"""Records that are made up: for timing a net, and for trying a spec before there are data.

A field has a pool of numbers; a record is a stretch of it that begins where chance says. So record
k is the same whenever it is read, and reading it costs a copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial

import numpy as np

from protonet.data.dataset import ChunkedDataset
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import Array, Column, Rows
from protonet.randomness import below, key
from protonet.records import ChannelOrder

STARTS = 1 << 18
"""Places of a pool where a record can begin."""

_BYTES = 256


class RandomColumn:
    """Gathers stretches of a pool.

    Args:
        name: of the field.
        shape: of one record.
        count: how many records there are.
        pool: the numbers, (STARTS − 1 + numbers of a record,).
        seed: of the places where records begin.

    Attributes:
        column: what is gathered, as a column of the file would be stored.
    """

    def __init__(
        self, name: str, shape: tuple[int, ...], count: int, pool: Array, seed: int
    ) -> None:
        self.column = Column(name, pool.dtype, shape, count, count)
        self._seed = key(seed, name)
        size = self.column.record_bytes
        self._stretches: Array = np.ndarray(
            (STARTS,), np.dtype((np.void, size)), pool.data, strides=(pool.itemsize,)
        )

    def gather(self, rows: Rows, out: Array) -> None:
        """Copy records `rows`, which exist, to `out`, (N, *shape), C-contiguous."""
        starts = below(STARTS, self._seed, rows)
        out.reshape(-1).view(self._stretches.dtype)[:] = self._stretches[starts]


def random_dataset(
    path: str,
    pools: Mapping[str, tuple[tuple[int, ...], Array]],
    *,
    count: int,
    seed: int,
    channels: ChannelOrder | None = None,
) -> ChunkedDataset:
    """Return a dataset of numbers from pools.

    Args:
        path: what messages call it.
        pools: by field the shape of one record, and the pool, as `RandomColumn` takes it.
        count: how many records there are.
        seed: of the places where records begin.
        channels: order of the channels of the first field, where that has images: bytes, whose
            mean and deviation are known.
    """
    columns = {
        name: RandomColumn(name, shape, count, pool, seed) for name, (shape, pool) in pools.items()
    }
    fields = tuple(
        FieldSpec(name=name, dtype=pool.dtype.name, shape=shape)
        for name, (shape, pool) in pools.items()
    )
    known = () if channels is None else (fields[0].shape or ())[:1]  # the number of channels
    told = f"random {count} {seed} {[(field.name, field.dtype, field.shape) for field in fields]}"
    header = Header(
        fields=fields,
        count=count,
        channels=channels,
        mean=((_BYTES - 1) / 2,) * known[0] if known else None,
        std=(((_BYTES**2 - 1) / 12) ** 0.5,) * known[0] if known else None,
        content_hash=hashlib.sha256(told.encode()).hexdigest(),
        made_by={"source": path},
    )
    again = partial(random_dataset, path, pools, count=count, seed=seed, channels=channels)
    return ChunkedDataset(path, header, columns, again)


def pool_size(shape: tuple[int, ...]) -> int:
    """Return how many numbers a pool has, of records of this shape."""
    return STARTS - 1 + int(np.prod(shape, dtype=np.int64))
