from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from protonet.errors import DeviceError, UsageError
from protonet.layers import LAYERS
from protonet.pycaffe import mode


@pytest.fixture(autouse=True)
def _reset() -> Iterator[None]:
    yield
    mode._MODE.seed, mode._MODE.on_gpu, mode._MODE.device = None, False, 0


def test_computes_on_the_cpu() -> None:
    mode.set_mode_cpu()

    assert mode.device() == torch.device("cpu")


@pytest.mark.parametrize("count", [0, 2])
def test_a_gpu_that_is_not_there(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    with pytest.raises(DeviceError) as caught:
        mode.set_device(2)

    had = "has 2 CUDA devices" if count else "has no CUDA device"
    assert str(caught.value) == f"set_device(2): this machine {had}"
    if not count:
        with pytest.raises(DeviceError) as caught:
            mode.set_mode_gpu()
        assert str(caught.value) == (
            "set_mode_gpu: this machine, or this build of torch, has no CUDA device; call "
            "set_mode_cpu, or leave the call out"
        )
        return
    mode.set_device(1)
    mode.set_mode_gpu()
    assert mode.device() == torch.device("cuda", 1)


def test_refuses_negative_numbers() -> None:
    with pytest.raises(UsageError) as caught:
        mode.set_device(-1)
    assert str(caught.value) == "set_device(-1): devices are counted from 0"
    with pytest.raises(UsageError) as caught:
        mode.set_random_seed(-1)
    assert str(caught.value) == "set_random_seed(-1): a seed is a whole number from 0 on"


def test_a_seed_makes_what_follows_repeatable() -> None:
    def drawn() -> tuple[int, int, float]:
        mode.set_random_seed(5)
        return mode.next_seed(), mode.next_seed(), float(torch.rand(()))

    first = drawn()

    assert drawn() == first
    assert first[0] != first[1]


def test_without_a_seed_every_net_is_another() -> None:
    assert mode.next_seed() != mode.next_seed()


def test_the_catalogue_and_the_other_processes() -> None:
    assert set(mode.layer_type_list()) == {
        *LAYERS,
        "Data",
        "HDF5Data",
        "ImageData",
        "Python",
        "WindowData",
    }
    assert (mode.has_nccl(), mode.solver_count(), mode.solver_rank()) == (False, 1, 0)
