"""Arithmetic in float32 at least: half precision has not the range of a square, nor the digits of a
sum."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

_WIDE = (torch.float32, torch.float64)


def wide(values: torch.Tensor) -> torch.Tensor:
    """Return numbers in float32, or in float64 where they are it; nothing is copied then."""
    if values.dtype in _WIDE:
        return values
    return values.to(torch.promote_types(values.dtype, torch.float32))


def without_autocast(like: torch.Tensor) -> AbstractContextManager[object]:
    """Return a context in which convolutions and products keep the type of what they are given.

    Args:
        like: on the device that computes.
    """
    kind = like.device.type
    if kind == "meta" or not torch.is_autocast_enabled(kind):
        return nullcontext()  # of which an exported program shows no trace
    return torch.autocast(kind, enabled=False)
