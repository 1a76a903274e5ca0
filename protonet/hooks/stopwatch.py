"""Training time: what passes while the net trains, without tests and snapshots."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """A clock that can be stopped. Seconds, from an arbitrary start.

    Attributes:
        told: what the first of several processes has last read, `now` and `elapsed`, so that all
            act on one time; None where there is one process.
    """

    told: tuple[float, float] | None = None

    def __init__(self) -> None:
        self._stopped = self._start = 0.0

    def restart(self) -> None:
        """Count `elapsed` from here."""
        self._start = self.now()

    def elapsed(self) -> float:
        """Return the seconds that the clock has run since its last start."""
        return self.now() - self._start

    def now(self) -> float:
        """Return the seconds that the clock has run."""
        return time.perf_counter() - self._stopped

    def agreed(self) -> float:
        """Return `now` as all processes have it."""
        return self.told[0] if self.told else self.now()

    def agreed_elapsed(self) -> float:
        """Return `elapsed` as all processes have it."""
        return self.told[1] if self.told else self.elapsed()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock within the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._stopped += time.perf_counter() - start
