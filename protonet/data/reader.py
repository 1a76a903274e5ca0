"""Batches out of a dataset: in order, ahead of the consumer, bounded in memory, resumable anywhere.

Records are gathered in blocks of up to 16 batches, and batches are views of a block. Blocks begin
at whole multiples of their size, so that a batch lies at the same offset of a cache line whether
the run was resumed or not: kernels that treat the ends of unaligned memory differently then round
in the same way. The first pieces of a block are small, one batch, two, four, so that the first
batch of a set of any size is there at once.

Memory, beside the pages of the file, which are the system's: a reader holds the batches that its
consumer keeps, the block they come from, and in the background at most `depth` batches (of 256 MiB,
or two) and one block more. A block has at most 8 MiB, or one batch where that is larger; up to four
blocks that are no longer used are kept to be filled again. The order of the records takes what it
says of itself, which is nothing for most.
"""

from __future__ import annotations

import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Self

import numpy as np
import torch

from protonet.data.ahead import Background, Inline
from protonet.data.aligned import realigned
from protonet.data.blobs import Blobs
from protonet.data.closing import Closing
from protonet.data.decoding import Decoding
from protonet.data.device_images import DeviceImages
from protonet.data.layout import Array, Rows
from protonet.data.order import ALL, Ordering, Share
from protonet.data.table import Records
from protonet.data.travel import Arrival, Travel
from protonet.errors import UsageError
from protonet.windows.plain import WindowFunction

HostTransform = Callable[[dict[str, Array], Rows], Mapping[str, Array]]
"""Takes blobs, (N, *shape) each, which it may change, and the records' positions; gives blobs of
N records."""

BLOCK_BYTES = 8 << 20
"""What a block holds at most, unless a single batch is larger."""

_BLOCK_BATCHES = 16
_AHEAD_BYTES = 256 << 20
"""What the batches that wait hold at most, unless two do."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records, as stored.

    Attributes:
        arrays: by blob, (N, *shape); the consumer may keep or change them.
        positions: of the records in the stream, (N,); the key of every random choice about them.
        index: batches before this one.
        arrival: when the arrays are there that are on their way to a device, or None.
    """

    arrays: dict[str, torch.Tensor]
    positions: Rows
    index: int
    arrival: Arrival | None = None


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a stream, each gathered by itself: a function of its number.

    Attributes:
        blobs: what is gathered.
        order: which record stands where.
        batch_size: records in a batch, those of other processes too.
        share: which of them are read.
        host: what is done to the records on the host, or None.
        last: positions in the stream; None if it never ends.
        batches: in a block.
        start: the first batch that is read.
        resident: blob → what gives it, where it need not be read.
        travel: brings them to a device, or None.
    """

    blobs: Blobs
    order: Ordering
    batch_size: int
    share: Share
    host: HostTransform | None
    last: int | None
    batches: int
    start: int
    resident: Mapping[str, DeviceImages]
    travel: Travel | None

    def batches_from(self, index: int) -> list[Batch]:
        """Return the batches from this one to the end of its piece; none after the stream's end."""
        begin = index // self.batches * self.batches
        numbers = range(index, self.after(index))
        each = (self.share.positions(at, self.batch_size, self.last) for at in numbers)
        chosen = [positions for positions in each if len(positions)]
        if not chosen:
            return []
        before = (index - begin) * self.share.size(self.batch_size)
        block, arrival = self._block(np.concatenate(chosen), before)
        sizes = [len(positions) for positions in chosen]
        split = {blob: torch.split(tensor, sizes) for blob, tensor in block.items()}
        return [
            Batch({blob: parts[k] for blob, parts in split.items()}, positions, index + k, arrival)
            for k, positions in enumerate(chosen)
        ]

    def after(self, index: int) -> int:
        """Return the first batch of the next piece: a block, or in the first one as much again as
        was read."""
        begun, within = divmod(index, self.batches)
        block = (begun + 1) * self.batches
        read = index - self.start
        return block if read and not within else min(block, index + read + 1)

    def _block(
        self, positions: Rows, before: int
    ) -> tuple[dict[str, torch.Tensor], Arrival | None]:
        """Return the blobs of some positions; `before` records precede them in their block."""
        rows = self.order.rows(positions)
        gathered = self._gathered(rows, positions, before)
        block = {blob: torch.from_numpy(array) for blob, array in gathered.items()}
        block |= {blob: give(rows, positions, before) for blob, give in self.resident.items()}
        return self.travel.send(block) if self.travel else (block, None)

    def _gathered(self, rows: Rows, positions: Rows, before: int) -> dict[str, Array]:
        """Return the blobs that are read of some records."""
        block = self.blobs.gather(rows, positions, before)
        if self.host is None:
            return block
        changed = self.host(block, positions)
        return {blob: realigned(before, array) for blob, array in changed.items()}


@dataclass(eq=False)
class Reader(Closing):
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
        windows: blob → the part of its images that is read, instead of the whole, by position.
        decodings: blob → how its encoded images become samples of one shape as they are decoded.
        resident: blob → what gives it, where it is not read.
        travel: brings blobs to a device ahead of the consumer; None leaves them on the host.

    Raises: UsageError if the dataset lacks a field, batch_size is not positive, or is too small for
        every process to get a part.
    """

    dataset: Records
    batch_size: int
    order: Ordering
    _: KW_ONLY
    fields: Mapping[str, str]
    host: HostTransform | None = None
    endless: bool
    share: Share = ALL
    start: int = 0
    background: bool = False
    depth: int = 16
    windows: Mapping[str, WindowFunction] = field(default_factory=dict)
    decodings: Mapping[str, Decoding] = field(default_factory=dict)
    resident: Mapping[str, DeviceImages] = field(default_factory=dict)
    travel: Travel | None = None
    waited: float = field(default=0.0, init=False)
    """Seconds that the consumer has waited for data."""
    position: int = field(default=0, init=False)
    """Batches consumed, `start` included; a resumed run starts here."""

    def __post_init__(self) -> None:
        """Begin, in the background if so asked."""
        if self.batch_size < 1:
            raise UsageError(f"batch_size is at least 1, not {self.batch_size}")
        blobs = Blobs(self.dataset, self.fields, self.windows, self.decodings)
        record = blobs.record_bytes + sum(one.record_bytes for one in self.resident.values())
        own = max(1, record * self.share.size(self.batch_size))
        blocks = Blocks(
            blobs,
            self.order,
            self.batch_size,
            self.share,
            self.host,
            None if self.endless else self.order.count,
            1 if self.decodings else max(1, min(_BLOCK_BATCHES, BLOCK_BYTES // own)),
            self.start,
            self.resident,
            self.travel,
        )
        self.position = self.start
        self._ready: deque[Batch] = deque()
        self._source: Background[Batch] | Inline[Batch] = Inline(blocks)
        if self.background:
            room = max(2, _AHEAD_BYTES // own)
            self._source = Background(blocks, max(1, min(self.depth, room)))
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
