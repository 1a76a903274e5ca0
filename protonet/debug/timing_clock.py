"""Moments on a device, and the milliseconds between them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import torch


class Clock(Protocol):
    """Marks moments in the order in which a device works; marking does not wait for it."""

    def mark(self) -> Any:
        """Mark the moment at which all work given to the device so far is done."""
        ...

    def wait(self) -> None:
        """Wait until every mark has come."""
        ...

    def milliseconds(self, first: Any, second: Any) -> float:
        """Return what passed between two marks that have come."""
        ...


class HostClock:
    """A clock for a device that works while its caller waits, as a CPU does.

    Args:
        wait: makes another one do so too.
    """

    def __init__(self, wait: Callable[[], object] = lambda: None) -> None:
        self._wait = wait

    def mark(self) -> float:
        """Return the time now."""
        self._wait()
        return time.perf_counter()

    def wait(self) -> None:
        """Do nothing: every mark has come."""

    def milliseconds(self, first: float, second: float) -> float:
        """Return what passed between two marks."""
        return 1000 * (second - first)


class CudaClock:
    """A clock for a GPU: events in its current stream, whose times it notes itself.

    Args:
        device: the GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def mark(self) -> torch.cuda.Event:
        """Return an event behind the work given so far."""
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self._device))
        return event

    def wait(self) -> None:
        """Wait for the GPU."""
        torch.cuda.synchronize(self._device)

    def milliseconds(self, first: torch.cuda.Event, second: torch.cuda.Event) -> float:
        """Return what passed between two events."""
        return float(first.elapsed_time(second))


def clock_of(device: torch.device) -> Clock:
    """Return the clock for a device."""
    if device.type == "cuda":
        return CudaClock(device)
    return HostClock(torch.mps.synchronize) if device.type == "mps" else HostClock()
