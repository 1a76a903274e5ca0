"""Training time: what passes while the net trains, without tests and snapshots."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """A clock that can be stopped. Seconds, from an arbitrary start."""

    def __init__(self) -> None:
        self._stopped = 0.0

    def now(self) -> float:
        """Return the seconds that the clock has run."""
        return time.perf_counter() - self._stopped

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock within the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._stopped += time.perf_counter() - start
