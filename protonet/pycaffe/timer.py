"""Timer: how long something took on the device, in milliseconds.

Source: Caffe, util/benchmark.cpp.
"""

from __future__ import annotations

import time

import torch

from protonet.errors import UsageError
from protonet.pycaffe import mode

_MS, _US = 1e3, 1e6


class Timer:
    """A stopwatch that waits for the device before it is read.

    Attributes:
        ms, us: milliseconds and microseconds between `start` and `stop`, or until now.
    """

    def __init__(self) -> None:
        self._start: float | None = None
        self._end: float | None = None

    def start(self) -> None:
        """Start anew."""
        self._start, self._end = _now(), None

    def stop(self) -> None:
        """Stop.

        Raises: UsageError if it was not started.
        """
        self._started()
        self._end = _now()

    @property
    def ms(self) -> float:
        """Milliseconds."""
        return self._seconds() * _MS

    @property
    def us(self) -> float:
        """Microseconds."""
        return self._seconds() * _US

    def _seconds(self) -> float:
        return (_now() if self._end is None else self._end) - self._started()

    def _started(self) -> float:
        if self._start is None:
            raise UsageError("Timer: call start first")
        return self._start


def _now() -> float:
    if mode.device().type == "cuda":
        torch.cuda.synchronize(mode.device())
    return time.perf_counter()
