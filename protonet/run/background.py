"""Work that training need not wait for, done in order on a thread of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

_MOST_WAITING = 16
"""Pieces of work that may wait; a slow disk holds training up rather than fill the memory."""


class Background:
    """Does one piece of work after another. What one of them raises, the next call raises; what was
    posted behind it is then no longer looked at, for it probably met the same.

    Args:
        name: of the thread.
    """

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._coming: deque[Future[None]] = deque()

    def post(self, work: Callable[[], None]) -> None:
        """Have something done after all that was posted before it."""
        self._settle(_MOST_WAITING - 1)
        self._coming.append(self._pool.submit(work))

    def wait(self) -> None:
        """Return when all of it is done."""
        self._settle(0)

    def close(self) -> None:
        """End the thread when all of it is done."""
        try:
            self.wait()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def _settle(self, most: int) -> None:
        """Drop what is done, and wait until no more than so many are left."""
        while self._coming and (len(self._coming) > most or self._coming[0].done()):
            try:
                self._coming.popleft().result()
            except BaseException:
                self._coming.clear()
                raise
