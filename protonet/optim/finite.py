"""Whether gradients are finite, found without changing them."""

from __future__ import annotations

import torch
from torch import Tensor

from protonet.optim.lists import Step, check_fused

LARGE = 1 << 15
"""Elements from which on a sum is cheaper than the kernel that all tensors go through at once: it
reads, and the kernel reads and writes."""


def check_finite(step: Step, flag: Tensor) -> None:
    """Set `flag` if a gradient is not finite."""
    large: list[Tensor] = []
    small: list[Tensor] = []
    for gradient in step.gradients:
        (large if _is_large(gradient) else small).append(gradient)
    if not large or _all_finite(large):
        check_fused(step.of(small), flag)
    else:
        check_fused(step, flag)  # a sum may be too large for a float where the numbers are not


def _is_large(gradient: Tensor) -> bool:
    """Return whether a sum pays; on a GPU reading it would wait."""
    return gradient.device.type == "cpu" and gradient.numel() >= LARGE


def _all_finite(gradients: list[Tensor]) -> bool:
    total = torch.stack([gradient.sum() for gradient in gradients]).sum()
    return bool(torch.isfinite(total))
