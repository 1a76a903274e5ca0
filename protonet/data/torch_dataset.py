"""Datasets for other people's code: a map of records, or a stream of batches, as torch knows them.

    dataset = protonet.open_dataset("flowers.lmdb")
    dataset[0]["data"], dataset.classes                     # one record, as tensors
    DataLoader(dataset, batch_size=64, shuffle=True, num_workers=2)
    DataLoader(dataset.batches(64, shuffle=True), batch_size=None, num_workers=2)

The last is many times faster: its batches are gathered by a few copies each, never taken apart
into records and put together again, and often need no workers at all.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np
import torch
from torch.utils import data as torch_data

from protonet.data.closing import Closing
from protonet.data.header import FieldSpec, Header
from protonet.data.layout import Rows
from protonet.data.open import open_dataset as open_records
from protonet.data.table import Dataset
from protonet.data.torch_batches import Batches
from protonet.errors import UsageError
from protonet.records import suggestion

Sample = dict[str, torch.Tensor]
"""By field: one record, (*shape,), or a batch, (N, *shape)."""


def open_dataset(path: str | os.PathLike[str]) -> TorchDataset:
    """Open a dataset of protonet's, as torch's code takes it.

    Args:
        path: `x.lmdb` or `x.h5`, or one of several tables in it, `x.lmdb/train`.

    Raises: DataError if there is no such dataset, or it is damaged.
    """
    return TorchDataset(open_records(path))


class TorchDataset(torch_data.Dataset[Sample], Closing):
    """A map from numbers to records, each a dictionary of tensors of its own.

    It can be read in any process, forked or started anew, and by several threads. A pickled copy
    opens the file again.

    Args:
        records: the open dataset that is read.

    Attributes:
        header: what the dataset says about itself: fields, channels, how it was made.
        path: where it is, as it was given.
        classes: name of each class, the label being the position; None where there are none.
        mean, std: of each channel of the first field, in the units of the stored values; None
            where there are none.
    """

    def __init__(self, records: Dataset) -> None:
        self._records = records
        self.header: Header = records.header
        self.path: str = records.path
        self.classes, self.mean, self.std = (
            self.header.classes,
            self.header.mean,
            self.header.std,
        )

    def __len__(self) -> int:
        """Return the number of records."""
        return self.header.count

    def __getitem__(self, index: SupportsIndex | slice) -> Sample:
        """Return one record, or of a slice a batch of records, (N, *shape) each; -1 is the last.

        Raises: IndexError past either end; TypeError if it is no number; DataError if a record is
            damaged; UsageError if the dataset is closed.
        """
        if isinstance(index, slice):
            return self.gather(np.arange(*index.indices(len(self))))
        try:
            number = operator.index(index)
        except TypeError:
            raise TypeError(
                f"{self.path}: a record is asked for by its number, several by a slice; "
                f"given is {index!r}"
            ) from None
        record = self._records[number]
        return {name: torch.from_numpy(value) for name, value in record.items()}

    def __getitems__(self, indices: Sequence[int]) -> list[Sample]:
        """Return several records, gathered at once; torch's DataLoader asks for them so.

        Raises: as `__getitem__`.
        """
        if any(field.shape is None for field in self.header.fields):
            return [self[index] for index in indices]
        batch = self.gather(np.array(indices, np.int64))
        return [{name: part[k] for name, part in batch.items()} for k in range(len(indices))]

    def gather(self, rows: Rows, fields: Sequence[str] | None = None) -> Sample:
        """Return a batch, (N, *shape) by field.

        Args:
            rows: record numbers, in any order, repeats allowed; -1 is the last. Shape (N,).
            fields: the ones that are wanted; None takes all.

        Raises: IndexError past either end; UsageError if there is no such field, or the dataset is
            closed; DataError if a record is damaged, or a field's records have no common shape.
        """
        specs = [self._field(name) for name in fields or [one.name for one in self.header.fields]]
        out = {spec.name: np.empty((len(rows), *(spec.shape or ())), spec.dtype) for spec in specs}
        count = len(self)
        inside = (rows < 0) & (rows >= -count)
        self._records.gather(np.where(inside, rows + count, rows), out)
        return {name: torch.from_numpy(value) for name, value in out.items()}

    def batches(
        self,
        batch_size: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        drop_last: bool = False,
        fields: Sequence[str] | None = None,
    ) -> Batches:
        """Return the records as an iterable of ready batches, for `DataLoader(…, batch_size=None)`
        or for a loop of its own.

        Args:
            batch_size: records in a batch; the last of an epoch may be short.
            shuffle: in a new order every epoch, which `Batches.set_epoch` names.
            seed: of the shuffling.
            drop_last: leave out a short batch, and what would give some ranks a batch more.
            fields: the ones that are wanted; None takes all.

        Raises: UsageError if there is no such field, batch_size is no whole number or
                below 1, or shuffle is no truth value.
        """
        names = tuple(fields or (field.name for field in self.header.fields))
        for name in names:
            self._field(name)
        return Batches(self._records, batch_size, shuffle, seed, drop_last, names)

    def close(self) -> None:
        """Let go of the file. Closing twice is allowed."""
        self._records.close()

    def _field(self, name: str) -> FieldSpec:
        spec = self.header.field(name)
        if spec is None:
            known = [field.name for field in self.header.fields]
            raise UsageError(f"{self.path}: there is no field {name}; {suggestion(name, known)}")
        return spec
