from __future__ import annotations

import resource

import pytest
import torch

from protonet.hooks.hook import Step
from protonet.hooks.memory import Memory, memory


def test_the_process_holds_no_more_than_it_ever_did() -> None:
    found = memory(torch.device("cpu"))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB, on Linux
    assert [*found] == ["memory/resident_MiB"]
    assert most / 4 < found["memory/resident_MiB"] <= most * 1.01


def test_it_is_measured_where_it_is_due() -> None:
    seen: list[tuple[int, list[str]]] = []
    hook = Memory(2, torch.device("cpu"), lambda at, numbers: seen.append((at, [*numbers])))
    for iteration in range(4):
        hook.after_step(Step(iteration, torch.zeros(()), {}, 0.1))
    assert seen == [(0, ["memory/resident_MiB"]), (2, ["memory/resident_MiB"])]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpus_tensors_are_counted() -> None:
    device = torch.device("cuda")
    memory(device)
    before = memory(device)
    held = torch.zeros(2**20, device=device)  # 4 MiB
    freed = torch.zeros(2**21, device=device)  # 8 MiB
    del freed
    after = memory(device)
    grown = {tag: after[tag] - before[tag] for tag in after if "cuda" in tag}
    assert grown == {
        "memory/cuda_allocated_MiB": 4.0,
        "memory/cuda_most_allocated_MiB": 12.0,
    }
    assert held.numel() == 2**20
