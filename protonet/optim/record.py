"""What an update rule is: one frozen record, the parameters it is given, and what it can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from protonet.records import Record


@dataclass(frozen=True, slots=True)
class Slot:
    """One learnable parameter.

    Attributes:
        name: `layer/parameter`, the name under which its history is saved.
        tensor: the parameter itself, updated in place.
        lr_mult: factor on the learning rate.
        decay_mult: factor on the weight decay.
    """

    name: str
    tensor: torch.Tensor
    lr_mult: float = 1.0
    decay_mult: float = 1.0


class Remembering(Protocol):
    """What remembers something from one update to the next."""

    def state(self) -> dict[str, torch.Tensor]:
        """Return what a snapshot must hold, by name; the tensors themselves, not copies."""

    def load_state(self, state: Mapping[str, torch.Tensor]) -> None:
        """Copy a saved state in; the memory layout stays.

        Raises: SnapshotError if names or shapes differ.
        """


class Optimizer(Remembering, Protocol):
    """An update rule at work on a list of parameters."""

    def update(
        self, gradients: Sequence[torch.Tensor | None], lr: float, flag: torch.Tensor
    ) -> None:
        """Apply one update at rate `lr`, unless `flag` is 1 or a gradient is not finite.

        The gradients stand in the order of the slots and are overwritten.
        """


Evaluate = Callable[[], tuple[torch.Tensor, Sequence[torch.Tensor]]]
"""Computes the loss, and the gradients in the order of the slots, where the parameters now are."""


class Evaluating(ABC):
    """An update rule that evaluates the loss several times in one update, as LBFGS does."""

    @abstractmethod
    def update_by(self, evaluate: Evaluate, lr: float, flag: torch.Tensor) -> None:
        """Make one update at rate `lr`; none if `flag` is 1. Where the loss or a gradient is not
        finite, or the parameters would not be, they stay as they were, and `flag` is set."""

    @abstractmethod
    def state(self) -> dict[str, torch.Tensor]:
        """See `Remembering`."""

    @abstractmethod
    def load_state(self, state: Mapping[str, torch.Tensor]) -> None:
        """See `Remembering`."""


@dataclass(frozen=True, slots=True)
class OptimizerType:
    """One entry of `protonet.optim.OPTIMIZERS`.

    Attributes:
        name: the solver's `type`.
        params: the model of the rule's own keys of the solver section.
        build: from the params and the parameters to the rule at work.
    """

    name: str
    params: type[Record]
    build: Callable[[Any, Sequence[Slot]], Optimizer]
