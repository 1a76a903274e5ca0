"""What writes the tops of data layers: the batches of a data set, or of arrays in memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import torch

from protonet.layers.memory_data import MemoryData, MemoryDataParams, infer
from protonet.layers.record import Setting
from protonet.net import Net as Core
from protonet.pycaffe import mode
from protonet.pycaffe.blob import Blob
from protonet.pycaffe.hdf5_rows import Hdf5Rows, RowsReader
from protonet.pycaffe.memory import Array
from protonet.pycaffe.opening import Feeding, Line, Source
from protonet.pycaffe.work import Work
from protonet.run.feed import Feed
from protonet.run.sets import open_sets
from protonet.schema import located
from protonet.spec.state import Phase


class FeedWork:
    """Writes the batches of a data set, one after the other, for ever.

    Args:
        source: the set.
        tops: names of the blobs, in the order of the layer's tops.
        phase: of the net; in `train`, transforms choose by chance.
    """

    def __init__(self, source: Source, tops: Sequence[str], phase: Phase) -> None:
        self._source, self._tops, self._phase = source, tuple(tops), phase
        self._reader = self._opened()

    def forward(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        """Write the next batch.

        Raises: DataError if the data are damaged.
        """
        batch = dict(zip(self._names, next(self._reader), strict=True))
        for name, top in zip(self._tops, tops, strict=True):
            top.reshape(*batch[name].shape)
            top.memory.write(batch[name].float())

    def backward(
        self, tops: Sequence[Blob], propagate: Sequence[bool], bottoms: Sequence[Blob]
    ) -> None:
        """Do nothing: data have no gradient."""

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return self._net.inputs

    @cached_property
    def _net(self) -> Core:
        return Core(self._source.spec.net, self._phase)

    def _opened(self) -> Feed:
        """Open the set.

        Raises: SpecError, DataError if it cannot be read, or does not fit.
        """
        spec = self._source.spec
        name = next(iter(spec.data))
        with located(spec):
            opened = open_sets(spec, {name: self._net}, lambda line: None)[name]
        return opened.feed(self._net, endless=True, seed=mode.next_seed())


class RowsWork:
    """Writes the rows of arrays that were read from HDF5 files.

    Args:
        rows: the arrays, in the order of the layer's tops.
    """

    def __init__(self, rows: Hdf5Rows) -> None:
        self._reader = RowsReader(rows, mode.next_seed())

    def forward(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        """Write the next batch."""
        for top, values in zip(tops, self._reader.batch(), strict=True):
            top.memory.write(torch.from_numpy(values))

    def backward(
        self, tops: Sequence[Blob], propagate: Sequence[bool], bottoms: Sequence[Blob]
    ) -> None:
        """Do nothing: data have no gradient."""


class MemoryWork:
    """Writes the batches of arrays that the program hands over.

    Args:
        params: sizes of a batch.
        tops: how many blobs are asked for.
        name: of the layer.
    """

    def __init__(self, params: MemoryDataParams, tops: int, name: str) -> None:
        self._module = MemoryData(infer(params, (), Setting("train", tops, name)), name)

    def reset(self, data: Array, labels: Array) -> None:
        """Take other arrays, whose first batch is the next.

        Raises: UsageError if they do not fit.
        """
        self._module.reset(data, labels)

    def forward(self, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> None:
        """Write the next batch.

        Raises: UsageError if no arrays were handed over.
        """
        given = self._module()
        for top, values in zip(tops, given if isinstance(given, tuple) else (given,), strict=True):
            top.reshape(*values.shape)
            top.memory.write(values.to(torch.float32))

    def backward(
        self, tops: Sequence[Blob], propagate: Sequence[bool], bottoms: Sequence[Blob]
    ) -> None:
        """Do nothing: data have no gradient."""


def work_of(feed: Feeding, line: Line, phase: Phase) -> Work:
    """Return what writes the tops of a data layer.

    Args:
        feed: what it reads.
        line: the layer.
        phase: of the net.

    Raises: SpecError, DataError if its data cannot be read, or do not fit.
    """
    if isinstance(feed, Source):
        return FeedWork(feed, line.tops, phase)
    if isinstance(feed, Hdf5Rows):
        return RowsWork(feed)
    return MemoryWork(feed, len(line.tops), line.name)
