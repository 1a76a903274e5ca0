"""Where nets compute, and what their first parameters follow from: set once for the process, as
Caffe's functions of these names do.

Source: Caffe, common.hpp.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import torch

from protonet.errors import DeviceError, UsageError
from protonet.layers import LAYERS

TRAIN, TEST = 0, 1
"""The phases, as Caffe numbers them."""

_DATA_TYPES = ("Data", "HDF5Data", "ImageData", "Python", "WindowData")


@dataclass(slots=True)
class _Mode:
    """What was set."""

    on_gpu: bool = False
    device: int = 0
    seed: int | None = None
    made: int = 0


_MODE = _Mode()


def set_mode_cpu() -> None:
    """Compute on the CPU; nets that are there stay where they are."""
    _MODE.on_gpu = False


def set_mode_gpu() -> None:
    """Compute on the GPU chosen by `set_device`; nets that are there stay where they are.

    Raises: DeviceError if there is none.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not count:
        raise DeviceError(
            "set_mode_gpu: this machine, or this build of torch, has no CUDA device; "
            "call set_mode_cpu, or leave the call out"
        )
    _MODE.on_gpu = True


def set_device(device_id: int) -> None:
    """Choose the GPU that `set_mode_gpu` computes on.

    Raises: UsageError for a number below 0; DeviceError if there is no such GPU.
    """
    if device_id < 0:
        raise UsageError(f"set_device({device_id}): devices are counted from 0")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device_id >= count:
        had = f"has {count} CUDA device{'s' * (count > 1)}" if count else "has no CUDA device"
        raise DeviceError(f"set_device({device_id}): this machine {had}")
    _MODE.device = device_id


def device() -> torch.device:
    """Return where the next net will compute."""
    return torch.device("cuda", _MODE.device) if _MODE.on_gpu else torch.device("cpu")


def set_random_seed(seed: int) -> None:
    """Make what follows repeatable: the first parameters of nets, dropout, what data layers choose.

    Raises: UsageError for a number below 0.
    """
    if seed < 0:
        raise UsageError(f"set_random_seed({seed}): a seed is a whole number from 0 on")
    _MODE.seed, _MODE.made = seed, 0
    torch.manual_seed(seed)


def next_seed() -> int:
    """Return what the first parameters of the next net follow from."""
    if _MODE.seed is None:
        return secrets.randbits(32)
    _MODE.made += 1
    return _MODE.seed + _MODE.made - 1


def layer_type_list() -> list[str]:
    """Return the names of the layer types that a prototxt may use."""
    return sorted({*LAYERS, *_DATA_TYPES})


def has_nccl() -> bool:
    """Return whether several GPUs can train one net from here: no; `protonet train` can, under
    torchrun."""
    return False


def solver_count() -> int:
    """Return how many solvers train together: one."""
    return 1


def solver_rank() -> int:
    """Return which of them this is: the first."""
    return 0
