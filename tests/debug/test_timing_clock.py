from __future__ import annotations

import time

import pytest
import torch

from protonet.debug.timing_clock import CudaClock, HostClock, clock_of


def test_a_host_clock_counts_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([2.0, 2.25])
    monkeypatch.setattr(time, "perf_counter", lambda: next(seconds))
    waits: list[str] = []
    clock = HostClock(lambda: waits.append("device"))

    first, second = clock.mark(), clock.mark()
    clock.wait()

    assert clock.milliseconds(first, second) == 250
    assert waits == ["device", "device"]  # once for each mark


def test_every_device_has_its_clock() -> None:
    assert isinstance(clock_of(torch.device("cpu")), HostClock)
    assert isinstance(clock_of(torch.device("mps")), HostClock)
    assert isinstance(clock_of(torch.device("cuda:0")), CudaClock)


@pytest.mark.gpu
def test_a_gpu_notes_its_own_times() -> None:
    device = torch.device("cuda")
    clock = clock_of(device)
    matrix = torch.ones(2048, 2048, device=device)

    first = clock.mark()
    for _ in range(20):
        matrix = matrix @ matrix / 2048
    second = clock.mark()
    clock.wait()

    assert clock.milliseconds(first, second) > 0
