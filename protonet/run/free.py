"""How much memory there is: of a device, of the machine, of the container that this runs in."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import torch

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where a container's limit stands, in the two versions of control groups."""


def free_bytes(device: torch.device) -> int | None:
    """Return the memory that this process could have on a device, with what it has; None where
    nobody knows."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device)
    return _free_on_host() if device.type == "cpu" else None


def _free_on_host() -> int | None:
    reserved, own = _own_bytes()
    limits = [
        free + own
        for free in (_number(Path("/proc/meminfo"), "MemAvailable:", 1024),)
        if free is not None
    ]
    limits += [size for path in _LIMITS if (size := _number(Path(path))) is not None]
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        limits.append(max(soft - reserved + own, 0))
    return min(limits, default=None)


def _own_bytes() -> tuple[int, int]:
    """Return the addresses that this process has reserved, and the memory that it holds."""
    try:
        reserved, held, *_ = map(int, Path("/proc/self/statm").read_text().split())
    except (OSError, ValueError):
        return 0, 0
    page = os.sysconf("SC_PAGE_SIZE")
    return reserved * page, held * page


def _number(path: Path, key: str = "", unit: int = 1) -> int | None:
    """Return the number that stands after a key in a file of the system; None if there is none."""
    try:
        words = path.read_text().split()
        return int(words[words.index(key) + 1 if key else 0]) * unit
    except (OSError, ValueError, IndexError):
        return None
