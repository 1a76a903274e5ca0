"""The state of torch's random numbers, put aside and put back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def generator_state(device: torch.device) -> list[Tensor]:
    """Return the state of the CPU's generator, and of a GPU's where that is the device."""
    cpu = torch.get_rng_state()
    return [cpu, torch.cuda.get_rng_state(device)] if device.type == "cuda" else [cpu]


def set_generator_state(device: torch.device, state: Sequence[Tensor]) -> None:
    """Go on from a state."""
    torch.set_rng_state(state[0])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state[1], device)
