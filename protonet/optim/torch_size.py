"""How much an optimizer of torch remembers, found without any memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, optim

from protonet.optim.record import Slot

_LBFGS_HISTORY = 100
_LBFGS_BESIDE = 3
"""Flat vectors beside its history: the direction, the last gradient, a difference."""


def remembered_bytes(
    kind: type[optim.Optimizer], arguments: Mapping[str, Any], slots: Sequence[Slot]
) -> int:
    """Return the bytes of the state of an optimizer after its first step.

    Args:
        kind: the class.
        arguments: its own.
        slots: what it trains; shapes suffice.
    """
    tensors = [torch.empty_like(slot.tensor, device="meta", requires_grad=True) for slot in slots]
    if issubclass(kind, optim.LBFGS):
        vectors = 2 * int(arguments.get("history_size", _LBFGS_HISTORY)) + _LBFGS_BESIDE
        return vectors * sum(tensor.nbytes for tensor in tensors)
    make: Callable[..., optim.Optimizer] = kind  # torch's base class has another signature
    optimizer = make(tensors, lr=1.0, **arguments)
    for tensor in tensors:
        tensor.grad = torch.empty_like(tensor)
    with suppress(RuntimeError):  # some read a number on the way, when the state is there already
        optimizer.step()
    kept = (value for state in optimizer.state.values() for value in state.values())
    return sum(value.nbytes for value in kept if isinstance(value, Tensor))
