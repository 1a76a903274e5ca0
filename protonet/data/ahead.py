"""Pieces of a stream, made when they are asked for, or ahead of that on a thread of their own."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

Part = TypeVar("Part")


class Pieces(Protocol[Part]):
    """A stream of parts that are made several at a time, each by its number."""

    @property
    def start(self) -> int:
        """The first part that is made."""
        ...

    def batches_from(self, index: int) -> list[Part]:
        """Return the parts from this one to the end of its piece."""
        ...

    def after(self, index: int) -> int:
        """Return the first part of the next piece."""
        ...


class Background(Generic[Part]):
    """Gathers blocks on its own thread, until `ahead` batches wait to be asked for."""

    def __init__(self, blocks: Pieces[Part], ahead: int) -> None:
        self._blocks, self._wanted, self._ahead = blocks, blocks.start, ahead
        self._begin()

    def take(self) -> list[Part]:
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
        self._coming: deque[Future[list[Part]]] = deque()
        self._submit()

    def _submit(self) -> None:
        while self._next - self._wanted < self._ahead:
            self._coming.append(self._pool.submit(self._blocks.batches_from, self._next))
            self._next = self._blocks.after(self._next)


class Inline(Generic[Part]):
    """Gathers a block when it is asked for."""

    def __init__(self, blocks: Pieces[Part]) -> None:
        self._blocks, self._next = blocks, blocks.start

    def take(self) -> list[Part]:
        """Return the next block's batches."""
        batches = self._blocks.batches_from(self._next)
        self._next = self._blocks.after(self._next)
        return batches

    def stop(self) -> None:
        """Do nothing: there is no thread."""
