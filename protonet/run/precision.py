"""The arithmetic that a net computes with."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from protonet.spec.solver import Precision
from protonet.step.scale import LossScale

_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


def arithmetic(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """Return a context in which a net computes with a precision; it can be entered again.

    In bf16 and fp16 convolutions and matrix products run in that type, and what needs the range or
    the digits (losses, sums, normalisation) in float32, as torch's autocast decides.
    """
    if precision not in _AUTOCAST:
        return nullcontext()
    return torch.autocast(device.type, _AUTOCAST[precision])


def set_tensor_cores(precision: Precision) -> None:
    """Let a GPU round the factors of float32 products to 10 bits in every precision but float32."""
    allowed = precision != "float32"
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def loss_scale(precision: Precision, device: torch.device) -> LossScale | None:
    """Return what scales the loss: only the range of float16 needs it."""
    return LossScale(device) if precision == "fp16" else None
