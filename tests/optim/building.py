"""Update rules from the table, as a spec builds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from protonet.optim import OPTIMIZERS, Optimizer, Slot


def built(name: str, slots: Sequence[Slot], **params: Any) -> Optimizer:
    """Return a rule of the table at work."""
    kind = OPTIMIZERS[name]
    return kind.build(kind.params(**params), slots)


def ready() -> torch.Tensor:
    """Return a flag that is not set."""
    return torch.zeros(())
