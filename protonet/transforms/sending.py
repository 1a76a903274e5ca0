"""What was drawn on the host, brought to where the samples are."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import torch


def sent(drawn: torch.Tensor | npt.NDArray[Any], like: torch.Tensor) -> torch.Tensor:
    """Return numbers of the host on the device of some samples; no GPU is waited for.

    Args:
        drawn: of any shape.
        like: on the device.
    """
    numbers = drawn if isinstance(drawn, torch.Tensor) else torch.from_numpy(drawn)
    if like.device.type != "cuda":
        return numbers.to(like.device)
    return numbers.pin_memory().to(like.device, non_blocking=True)
