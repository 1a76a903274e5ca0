from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from protonet.distributed.group import Group
from protonet.errors import DeviceError, UsageError
from protonet.run.choice import Choice
from protonet.run.machine import (
    check_same,
    choose_device,
    choose_layout,
    cores,
    differences,
    memory_errors,
    set_deterministic,
    set_threads,
    this_machine,
)
from protonet.snapshot import Machine
from protonet.spec.solver import SolverSpec

BEFORE = Machine(device="cpu", threads=3, channels_last=False, processor="SSE", torch="2.11.0")


@pytest.fixture(autouse=True)
def _same_threads_afterwards() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def solver(**keys: Any) -> SolverSpec:
    return SolverSpec.model_validate({"base_lr": 0.1, "max_iter": 1, **keys})


def cuda(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


def mps(monkeypatch: pytest.MonkeyPatch, *, present: bool) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: present)


@pytest.mark.parametrize(
    ("gpus", "apple", "device"), [(2, True, "cuda:0"), (0, True, "mps"), (0, False, "cpu")]
)
def test_auto_is_cuda_else_mps_else_the_cpu(
    gpus: int, apple: bool, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda(monkeypatch, gpus)
    mps(monkeypatch, present=apple)
    assert choose_device(None) == device
    assert choose_device(solver()) == device


def test_a_resumed_run_keeps_the_device_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda(monkeypatch, 1)
    assert choose_device(solver(), BEFORE) == "cpu"
    assert choose_device(solver(device="cuda"), BEFORE) == "cuda:0"


@pytest.mark.parametrize(
    ("gpus", "device", "message"),
    [
        (
            0,
            "cuda",
            "solver.device cuda: this machine, or this build of torch, has no CUDA device; try "
            "device: auto",
        ),
        (1, "cuda:3", "solver.device cuda:3: this machine has 1 CUDA device, cuda:0"),
        (2, "cuda:2", "solver.device cuda:2: this machine has 2 CUDA devices, cuda:0 to cuda:1"),
        (0, "mps", "solver.device mps: this machine has no MPS device; try device: auto"),
    ],
)
def test_a_device_that_is_not_there_is_refused(
    gpus: int, device: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuda(monkeypatch, gpus)
    mps(monkeypatch, present=False)
    with pytest.raises(DeviceError) as caught:
        choose_device(solver(device=device))
    assert str(caught.value) == message


def test_threads_are_the_specs_else_as_before_else_the_cores() -> None:
    assert [set_threads(solver(threads=2), BEFORE), torch.get_num_threads()] == [2, 2]
    assert [set_threads(solver(), BEFORE), torch.get_num_threads()] == [3, 3]
    assert set_threads(None) == cores() == len(os.sched_getaffinity(0))


def test_the_layout_is_the_specs_else_as_before_else_the_nets() -> None:
    assert choose_layout(solver(channels_last=True), BEFORE) is True
    assert choose_layout(solver(), BEFORE) is False
    assert choose_layout(solver()) is None


def test_deterministic_asks_torch_and_cublas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    set_deterministic(True)
    try:
        assert torch.are_deterministic_algorithms_enabled()
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    finally:
        set_deterministic(False)
    assert not torch.are_deterministic_algorithms_enabled()


def test_torch_is_not_asked_to_leave_what_it_has_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would import its compiler first, which takes longer than a small training."""
    asked: list[bool] = []
    monkeypatch.setattr(torch, "use_deterministic_algorithms", asked.append)
    set_deterministic(False)
    assert asked == []
    monkeypatch.setattr(torch, "are_deterministic_algorithms_enabled", lambda: True)
    set_deterministic(False)
    assert asked == [False]


def test_this_machine_is_described_by_torch() -> None:
    machine = this_machine("cpu", Choice(None, 2, "max-autotune"), torch.channels_last)
    assert (machine.torch, machine.device) == (torch.__version__, "cpu")
    assert (machine.threads, machine.channels_last, machine.compile) == (2, True, "max-autotune")
    assert machine.processor == torch.backends.cpu.get_cpu_capability()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"threads": 1},
            "solver.threads is 1, and the run was trained with 3: it would not go on as it was; "
            "leave solver.threads out, or set it back",
        ),
        (
            {"channels_last": True},
            "solver.channels_last is true, and the run was trained with false: it would not go on "
            "as it was; leave solver.channels_last out, or set it back",
        ),
    ],
)
def test_what_would_change_the_run_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_same(BEFORE, BEFORE.model_copy(update=change))
    assert str(caught.value) == message


def test_what_cannot_be_restored_is_told() -> None:
    now = BEFORE.model_copy(update={"torch": "2.13.0", "processor": "AVX512"})
    check_same(BEFORE, now)
    assert differences(BEFORE, now) == [
        "torch was 2.11.0, now 2.13.0",
        "the processor was SSE, now AVX512",
    ]
    assert differences(BEFORE, BEFORE) == []


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried 2 GiB.\nMore"),
         "CUDA out of memory. Tried 2 GiB."),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't "
                      "allocate memory: you tried to allocate 24000 bytes. Error code 12"),
         "24,000 bytes were asked for at once"),
        (MemoryError(), "there is none left"),
    ],
)  # fmt: skip
def test_too_little_memory_is_an_error_of_the_device(error: Exception, why: str) -> None:
    with pytest.raises(DeviceError) as caught, memory_errors():
        raise error
    assert str(caught.value) == (
        f"out of memory: {why}; make the net smaller, or batch_size with a larger iter_size, which "
        "gives the same updates"
    )


def test_an_error_of_another_kind_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="shapes differ"), memory_errors():
        raise RuntimeError("shapes differ")


def test_each_of_several_processes_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda(monkeypatch, 4)
    group = Group(rank=6, count=8, local_rank=2, local_count=4)
    assert choose_device(None, None, group) == "cuda:2"
    assert choose_device(solver(device="cuda"), None, group) == "cuda:2"
    assert choose_device(solver(device="cpu"), None, group) == "cpu"
    before = BEFORE.model_copy(update={"device": "cuda:0"})  # as the first process recorded it
    assert choose_device(solver(), before, group) == "cuda:2"
    assert choose_device(solver(), BEFORE, group) == "cpu"


@pytest.mark.parametrize("device", ["cuda:0", "mps"])
def test_several_processes_cannot_have_one_device(device: str) -> None:
    with pytest.raises(DeviceError) as caught:
        choose_device(solver(device=device), None, Group(0, 2, 0, 2))
    assert str(caught.value) == (
        f"solver.device {device} is one device, and there are 2 processes; write cuda, which gives "
        "each its own, or cpu"
    )


def test_processes_of_a_machine_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protonet.run.machine.cores", lambda: 8)
    assert set_threads(solver(), None, Group(0, 3, 0, 3)) == 2  # 8 / 3
    assert set_threads(solver(), None, Group(0, 16, 0, 16)) == 1
    assert set_threads(solver(threads=5), None, Group(0, 3, 0, 3)) == 5
    # as before with as many processes, and else anew
    before = BEFORE.model_copy(update={"processes": 3})
    assert set_threads(solver(), before, Group(0, 3, 0, 3)) == 3
    assert set_threads(solver(), before, Group(0, 2, 0, 2)) == 4
    assert set_threads(solver(), before) == 8


def test_another_number_of_processes_may_have_other_threads_and_is_told() -> None:
    now = BEFORE.model_copy(update={"processes": 2, "threads": 1, "device": "cuda:0"})
    check_same(BEFORE, now)
    assert list(differences(BEFORE, now)) == ["the number of processes was 1, now 2"]
    with pytest.raises(UsageError):
        check_same(BEFORE, now.model_copy(update={"channels_last": True}))
