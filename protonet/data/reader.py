"""Batches out of a dataset: in order, ahead of the consumer, bounded in memory, resumable anywhere.

Records are gathered in blocks of up to 16 batches, and batches are views of a block. Blocks begin
at whole multiples of their size, so that a batch lies at the same offset of a cache line whether
the run was resumed or not: kernels that treat the ends of unaligned memory differently then round
in the same way.
"""

from __future__ import annotations

import math
import os
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field
from types import TracebackType
from typing import Self

import numpy as np
import torch

from protonet.data.aligned import aligned, realigned
from protonet.data.header import FieldSpec
from protonet.data.layout import Array, Rows
from protonet.data.order import ALL, Order, Share
from protonet.data.table import Records
from protonet.errors import UsageError
from protonet.records import suggestion

HostTransform = Callable[[dict[str, Array], Rows], Mapping[str, Array]]
"""Takes blobs, (N, *shape) each, which it may change, and the records' positions; gives blobs of
N records."""

BLOCK_BYTES = 8 << 20
"""What a block holds at most, unless a single batch is larger."""

_BLOCK_BATCHES = 16


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records, as stored.

    Attributes:
        arrays: by blob, (N, *shape); the consumer may keep or change them.
        positions: of the records in the stream, (N,); the key of every random choice about them.
        index: batches before this one.
    """

    arrays: dict[str, torch.Tensor]
    positions: Rows
    index: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a stream, each gathered by itself: a function of its number.

    Attributes:
        dataset: where the records are.
        order: which record stands where.
        batch_size: records in a batch, those of other processes too.
        share: which of them are read.
        fields: blob → field of the dataset.
        host: what is done to the records on the host, or None.
        last: positions in the stream; None if it never ends.
        batches: in a block.
    """

    dataset: Records
    order: Order
    batch_size: int
    share: Share
    fields: Mapping[str, str]
    host: HostTransform | None
    last: int | None
    batches: int

    def batches_from(self, index: int) -> list[Batch]:
        """Return the batches from this one to the end of its block; none after the stream's end."""
        begin = index // self.batches * self.batches
        numbers = range(index, begin + self.batches)
        each = (self.share.positions(at, self.batch_size, self.last) for at in numbers)
        chosen = [positions for positions in each if len(positions)]
        if not chosen:
            return []
        before = (index - begin) * self.share.size(self.batch_size)
        block = self._gathered(np.concatenate(chosen), before)
        sizes = [len(positions) for positions in chosen]
        tensors = {
            blob: torch.split(torch.from_numpy(array), sizes) for blob, array in block.items()
        }
        return [
            Batch({blob: parts[k] for blob, parts in tensors.items()}, positions, index + k)
            for k, positions in enumerate(chosen)
        ]

    def after(self, index: int) -> int:
        """Return the first batch of the next block."""
        return (index // self.batches + 1) * self.batches

    def _gathered(self, positions: Rows, before: int) -> dict[str, Array]:
        """Return the blobs of some positions; `before` records precede them in their block."""
        rows = self.order.rows(positions)
        block: dict[str, Array] = {}
        for blob, name in self.fields.items():
            spec = _field(self.dataset, name)
            shape = (len(rows), *(spec.shape or ()))
            block[blob] = aligned(before, shape, np.dtype(spec.dtype))
            self.dataset.gather(rows, {name: block[blob]})
        if self.host is None:
            return block
        changed = self.host(block, positions)
        return {blob: realigned(before, array) for blob, array in changed.items()}


class _Background:
    """Gathers blocks on its own thread, `ahead` of them before they are asked for."""

    def __init__(self, blocks: Blocks, start: int, ahead: int) -> None:
        self._blocks, self._wanted, self._ahead = blocks, start, ahead
        self._begin()

    def take(self) -> list[Batch]:
        """Return the next block's batches; raises what gathering them raised."""
        if self._process != os.getpid():
            self._begin()  # in a forked child, which has no threads but the one that forked
        future = self._coming.popleft()
        self._wanted = self._blocks.after(self._wanted)
        self._submit()
        return future.result()

    def stop(self) -> None:
        """End the thread, after the block that it is at."""
        self._pool.shutdown(cancel_futures=True)

    def _begin(self) -> None:
        self._process, self._next = os.getpid(), self._wanted
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="protonet-reader")
        self._coming: deque[Future[list[Batch]]] = deque()
        for _ in range(self._ahead):
            self._submit()

    def _submit(self) -> None:
        self._coming.append(self._pool.submit(self._blocks.batches_from, self._next))
        self._next = self._blocks.after(self._next)


class _Inline:
    """Gathers a block when it is asked for."""

    def __init__(self, blocks: Blocks, start: int) -> None:
        self._blocks, self._next = blocks, start

    def take(self) -> list[Batch]:
        """Return the next block's batches."""
        batches = self._blocks.batches_from(self._next)
        self._next = self._blocks.after(self._next)
        return batches

    def stop(self) -> None:
        """Do nothing: there is no thread."""


@dataclass(eq=False)
class Reader:
    """An iterator of batches. After `close`, or the end of a pass, there are no more.

    Args:
        dataset: where the records are.
        batch_size: records in a batch.
        order: which record stands where in the stream.
        share: what this process reads of it.
        fields: blob → field of the dataset.
        host: what is done to the records on the host; None does nothing.
        endless: True streams epoch after epoch, a batch may span two; False makes one pass, whose
            last batch may be short.
        start: batches that were consumed before, in the run that is resumed.
        background: gather on a thread of its own, ahead of the consumer; False gathers when asked.
        depth: batches to be ahead, rounded up to whole blocks.

    Raises: UsageError if the dataset lacks a field, batch_size is not positive, or is too small for
        every process to get a part.
    """

    dataset: Records
    batch_size: int
    order: Order
    _: KW_ONLY
    fields: Mapping[str, str]
    host: HostTransform | None = None
    endless: bool
    share: Share = ALL
    start: int = 0
    background: bool = False
    depth: int = 16
    waited: float = field(default=0.0, init=False)
    """Seconds that the consumer has waited for data."""
    position: int = field(default=0, init=False)
    """Batches consumed, `start` included; a resumed run starts here."""

    def __post_init__(self) -> None:
        """Begin, in the background if so asked."""
        if self.batch_size < 1:
            raise UsageError(f"batch_size is at least 1, not {self.batch_size}")
        record = sum(_record_bytes(self.dataset, name) for name in self.fields.values())
        own = max(1, record * self.share.size(self.batch_size))
        blocks = Blocks(
            self.dataset,
            self.order,
            self.batch_size,
            self.share,
            self.fields,
            self.host,
            None if self.endless else self.order.count,
            max(1, min(_BLOCK_BATCHES, BLOCK_BYTES // own)),
        )
        self.position = self.start
        self._ready: deque[Batch] = deque()
        ahead = max(1, -(-self.depth // blocks.batches))
        self._source: _Background | _Inline = _Inline(blocks, self.start)
        if self.background:
            self._source = _Background(blocks, self.start, ahead)
        self._stop = weakref.finalize(self, self._source.stop)

    def __iter__(self) -> Self:
        """Return the reader itself."""
        return self

    def __next__(self) -> Batch:
        """Return the next batch.

        Raises: StopIteration after the last; DataError if a chunk is damaged, whether it was met
            here or in the background.
        """
        if not self._ready:
            self._fill()
        if not self._ready:
            self.close()
            raise StopIteration
        self.position += 1
        return self._ready.popleft()

    def close(self) -> None:
        """Stop, and wait for the thread to end. Closing twice is allowed."""
        self._ready.clear()
        self._stop()

    def __enter__(self) -> Self:
        """Return the reader itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the reader."""
        self.close()

    def _fill(self) -> None:
        if not self._stop.alive:
            return
        began = time.perf_counter()
        try:
            self._ready.extend(self._source.take())
        except BaseException:
            self.close()  # else the next call would skip a block
            raise
        finally:
            self.waited += time.perf_counter() - began


def _field(dataset: Records, name: str) -> FieldSpec:
    spec = dataset.header.field(name)
    if spec is None:
        known = [field.name for field in dataset.header.fields]
        raise UsageError(f"{dataset.path}: there is no field {name}; {suggestion(name, known)}")
    return spec


def _record_bytes(dataset: Records, name: str) -> int:
    spec = _field(dataset, name)
    return np.dtype(spec.dtype).itemsize * math.prod(spec.shape or ())
