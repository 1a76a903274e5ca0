"""How fast training goes, and how long it will take."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from protonet.hooks.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class Pace:
    """What speed is computed from, and how long training goes on.

    Attributes:
        samples: samples of one iteration.
        max_iter: the last iteration.
        waited: seconds that the reader has kept training waiting so far.
        stopwatch: training time.
        clock: seconds until a clock ends the training; infinite where none does.
    """

    samples: int
    max_iter: int
    waited: Callable[[], float]
    stopwatch: Stopwatch
    clock: Callable[[], float] = lambda: math.inf


@dataclass(frozen=True, slots=True)
class Speed:
    """The speed of a stretch of training.

    Attributes:
        samples: per second.
        wait: share of the time spent waiting for data, 0 to 1.
        left: seconds to the last iteration at this speed, or until a clock ends the training.
    """

    samples: float
    wait: float
    left: float

    def __str__(self) -> str:
        return f"{self.samples:,.0f} images/s  {duration(self.left)} left  data {self.wait:.0%}"


class Speedometer:
    """Measures speed from one call to the next."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.start(0)

    def start(self, iteration: int) -> None:
        """Begin a stretch; `iteration` updates have been made."""
        self._since = (iteration, self._pace.stopwatch.now(), self._pace.waited())

    def read(self, iteration: int) -> Speed:
        """Return the speed of the stretch that ends now, and begin the next one."""
        before, start, waited = self._since
        self.start(iteration)
        _, now, waited_now = self._since
        seconds = max(now - start, 1e-9)
        samples = (iteration - before) * self._pace.samples / seconds
        ahead = (self._pace.max_iter - iteration) * self._pace.samples
        wait = min(1.0, (waited_now - waited) / seconds)
        left = min(ahead / samples, max(self._pace.clock(), 0.0)) if samples else 0.0
        return Speed(samples, wait, left)


def duration(seconds: float) -> str:
    """Return a time as people say it.

    >>> [duration(value) for value in (4.2, 75, 3700, 100000)]
    ['4 s', '1 min 15 s', '1 h 1 min', '1 d 3 h']
    """
    whole = int(seconds)
    parts: list[str] = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        number, whole = divmod(whole, size)
        if number or parts or unit == "s":
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])
