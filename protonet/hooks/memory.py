"""How much memory a training takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch

from protonet.hooks.hook import Hook, Step
from protonet.hooks.ticker import Interval, is_due

_MIB = 2**20


class Memory(Hook):
    """Measures, in every iteration that is due, the memory that the process holds and, on a GPU,
    what tensors take now and took at most since the last measurement.

    Args:
        interval: iterations between two measurements; 0 for never.
        device: that is trained on.
        record: takes the iteration and the numbers, in MiB.
    """

    def __init__(
        self,
        interval: Interval,
        device: torch.device,
        record: Callable[[int, dict[str, float]], None],
    ) -> None:
        self._interval, self._device, self._record = interval, device, record

    def after_step(self, step: Step) -> bool:
        """Measure if it is due."""
        if is_due(step.iteration, self._interval):
            self._record(step.iteration, memory(self._device))
        return False


def memory(device: torch.device) -> dict[str, float]:
    """Return what the process holds, and what a GPU's tensors take, in MiB.

    Source: proc(5), /proc/self/statm: the second number counts resident pages.
    """
    numbers: dict[str, float] = {}
    statm = Path("/proc/self/statm")
    if statm.exists():
        pages = int(statm.read_text().split()[1])
        numbers["memory/resident_MiB"] = pages * os.sysconf("SC_PAGE_SIZE") / _MIB
    if device.type == "cuda":
        numbers["memory/cuda_allocated_MiB"] = torch.cuda.memory_allocated(device) / _MIB
        numbers["memory/cuda_most_allocated_MiB"] = torch.cuda.max_memory_allocated(device) / _MIB
        torch.cuda.reset_peak_memory_stats(device)
    return numbers
