"""A dataset as torch's iterable of ready batches, shared by worker processes and by ranks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from numbers import Integral

import torch
from torch import distributed
from torch.utils import data as torch_data

from protonet.data.order import Order, Share
from protonet.data.reader import Reader
from protonet.data.table import Dataset
from protonet.errors import UsageError
from protonet.randomness import key


@dataclass(frozen=True, slots=True)
class Ranks:
    """The place of a process among those that train together.

    Attributes:
        rank: of the process, from 0.
        count: processes.
    """

    rank: int
    count: int

    @classmethod
    def found(cls) -> Ranks:
        """Return the place in torch's process group, else the one that torchrun tells, else that of
        a process that is alone."""
        if distributed.is_available() and distributed.is_initialized():
            return cls(distributed.get_rank(), distributed.get_world_size())
        rank, count = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
        if rank.isdecimal() and count.isdecimal() and int(rank) < int(count):
            return cls(int(rank), int(count))
        return cls(0, 1)


@dataclass(eq=False)
class Batches(torch_data.IterableDataset[dict[str, torch.Tensor]]):
    """One epoch of batches, each a dictionary of tensors, (N, *shape), for every time it is
    iterated.

    Each worker process of a DataLoader, and each rank of a distributed training, gets whole batches
    of its own, and all together get each record once; the order of a rank's batches is the same for
    any number of workers. The tensors may be kept and changed. `TorchDataset.batches` makes it.

    Args:
        records: the open dataset.
        batch_size: records in a batch; the last of an epoch may be short.
        shuffle: in a new order every epoch.
        seed: of the shuffling.
        drop_last: leave out a short batch, and what would give some ranks a batch more.
        fields: what a batch holds.
        ranks: the place of this process; it goes with a copy that is sent to a worker.

    Raises: UsageError if batch_size is no whole number or below 1, or shuffle is no truth value.
    """

    records: Dataset
    batch_size: int
    shuffle: bool
    seed: int
    drop_last: bool
    fields: tuple[str, ...]
    ranks: Ranks = field(default_factory=Ranks.found)
    epoch: int = field(default=0, init=False)
    """The epoch that is read next; see `set_epoch`."""

    def __post_init__(self) -> None:
        """Refuse batches of nothing, and ways to shuffle that are a spec's: any text is true."""
        if not isinstance(self.batch_size, Integral) or self.batch_size < 1:
            raise UsageError(f"batch_size is a whole number of at least 1, not {self.batch_size!r}")
        if not isinstance(self.shuffle, bool):
            raise UsageError(
                f"shuffle is True or False, not {self.shuffle!r}; block and buffer:N are orders of "
                "`data` in a spec"
            )

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is read from the next iteration on, as torch's
        DistributedSampler does; workers that outlive an epoch (`persistent_workers`) do not hear of
        it."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Return the number of batches of this rank in an epoch, all workers together."""
        return len(range(self.ranks.rank, self._batches(), self.ranks.count))

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        """Yield this epoch's batches of this rank and worker.

        Raises: DataError if a record is damaged, or a field's records have no common shape;
            UsageError if the dataset is closed.
        """
        worker = torch_data.get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        rank, ranks = self.ranks.rank, self.ranks.count
        share = Share(rank + ranks * number, ranks * workers, whole=True)
        order = Order(self.records.header.count, self.shuffle, key(self.seed, "epoch", self.epoch))
        fields = {name: name for name in self.fields}
        own = len(range(share.rank, self._batches(), share.count))
        with Reader(
            self.records, self.batch_size, order, fields=fields, endless=False, share=share
        ) as reader:
            yield from (batch.arrays for batch in islice(reader, own))

    def _batches(self) -> int:
        """Return the number of batches in an epoch, those of all ranks."""
        count, ranks = self.records.header.count, self.ranks.count
        if self.drop_last:
            return count // self.batch_size // ranks * ranks
        return -(-count // self.batch_size)
