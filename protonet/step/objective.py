"""What one update trains, and towards what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from protonet.optim import Slot

Outputs = Mapping[str, Tensor]
Batch = tuple[Tensor, ...]
"""Tensors in the order of a net's inputs."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What is trained, and towards what.

    Attributes:
        forward: from a batch, as tensors in the order of the net's inputs, to the net's outputs.
        loss: from the outputs to what is minimised, one number.
        slots: the parameters that are trained, at least one.
        alone: whether the loss leads to no other parameter that learns.
    """

    forward: Callable[..., Outputs]
    loss: Callable[[Outputs], Tensor]
    slots: Sequence[Slot]
    alone: bool = True
