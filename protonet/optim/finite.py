"""Whether gradients are finite, found without changing them."""

from __future__ import annotations

import torch
from torch import Tensor

from protonet.optim.lists import Step, check_fused
from protonet.optim.pieces import is_dense

LARGE = 1 << 15
"""Elements from which on a dot product is cheaper than the kernel that all tensors go through at
once: it reads, and the kernel reads and writes."""


def check_finite(step: Step, flag: Tensor) -> None:
    """Set `flag` if a gradient is not finite."""
    large = [gradient for gradient in step.gradients if _is_large(gradient)]
    if not large or _all_finite(large):
        small = [gradient for gradient in step.gradients if not _is_large(gradient)]
        check_fused(step.of(small), flag)
    else:
        check_fused(step, flag)  # a square may be too large for a float where the number is not


def _is_large(gradient: Tensor) -> bool:
    """Return whether a dot product can be taken, and pays; on a GPU reading it would wait."""
    on_cpu = gradient.device.type == "cpu" and gradient.dtype == torch.float32
    return on_cpu and gradient.numel() >= LARGE and is_dense(gradient)


def _all_finite(gradients: list[Tensor]) -> bool:
    flat = (gradient.as_strided((gradient.numel(),), (1,)) for gradient in gradients)
    total = torch.stack([torch.dot(one, one) for one in flat]).sum()
    return bool(torch.isfinite(total))
