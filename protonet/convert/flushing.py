"""A file that goes to the disk while more is written to it.

The system would keep most of a dataset in memory until its end, and then the conversion would wait
for all of it to be written.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from protonet.data.layout import Array
from protonet.data.writer import Store

_STEP = 1 << 24
"""Bytes after which the disk is told again: so many take it longer than the telling."""


class FlushedStore:
    """A format whose chunks go to the disk as they come, in a thread that nobody waits for.

    Args:
        store: the format.
        file: what it writes to; it is there.
    """

    def __init__(self, store: Store, file: Path) -> None:
        self._store, self._unflushed = store, 0
        self.begin, self.put = store.begin, store.put
        self._file = os.open(file, os.O_RDONLY)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="protonet-flush")
        self._task: Future[None] | None = None

    def chunk(self, name: str, index: int, records: Array) -> None:
        """Write a column's next chunk."""
        self._store.chunk(name, index, records)
        self._unflushed += records.nbytes
        if self._unflushed >= _STEP and (self._task is None or self._task.done()):
            self._unflushed, self._task = 0, self._thread.submit(self._flush)

    def finish(self) -> None:
        """Complete the file and flush what is left of it."""
        self._store.finish()

    def release(self) -> None:
        """Close the file."""
        self._thread.shutdown()
        os.close(self._file)
        self._store.release()

    def _flush(self) -> None:
        with suppress(OSError):  # which `finish` meets too, and has the words for
            os.fsync(self._file)
