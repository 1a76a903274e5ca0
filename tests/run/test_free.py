from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest
import torch

from protonet.run.free import free_bytes


def test_the_host_has_no_more_than_this_process_is_allowed() -> None:
    size = free_bytes(torch.device("cpu"))
    assert size is not None
    memory = Path("/proc/meminfo").read_text().split()
    assert 1 << 20 < size <= int(memory[memory.index("MemTotal:") + 1]) * 1024
    limits = resource.getrlimit(resource.RLIMIT_AS)
    reserved, held, *_ = map(int, Path("/proc/self/statm").read_text().split())
    room_left = 64 << 20
    page = os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (reserved * page + room_left, limits[1]))
    try:
        found = free_bytes(torch.device("cpu"))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
    assert found == pytest.approx(held * page + room_left, rel=0.1)


def test_a_gpu_has_what_is_free_and_what_this_process_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 9000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 500)
    assert free_bytes(torch.device("cuda:0")) == 1500
    assert free_bytes(torch.device("mps")) is None
