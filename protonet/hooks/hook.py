"""What a hook is: one concern around the training step, given all it needs in its constructor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

Say = Callable[[str], None]
"""Where a hook's lines go: the log, and the terminal through it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One finished iteration. Tensors stay on the device: reading one waits for it.

    Attributes:
        iteration: its number from 0; `iteration + 1` updates have been made.
        loss: what was minimised, before the update, as one number.
        outputs: the net's outputs by name, of the last sub-batch.
        lr: the learning rate of this iteration.
    """

    iteration: int
    loss: torch.Tensor
    outputs: Mapping[str, torch.Tensor]
    lr: float


class Hook:
    """A hook that does nothing; others override what they need.

    The solver calls, in the order of its list::

        before_train(iteration)
        while iteration < max_iter:
            before_step(iteration); on_gradients(iteration, …) of each update; after_step(step)
        after_train(iteration)          where the loop ended without an error
        close()                         always
    """

    def before_train(self, iteration: int) -> None:
        """Prepare; `iteration` updates have been made before."""

    def before_step(self, iteration: int) -> None:
        """Prepare for the step of this number, from 0."""

    def on_gradients(self, iteration: int, gradients: Sequence[torch.Tensor]) -> None:
        """Look at the gradients of an update, in the order of its parameters, before they are
        clipped; they are overwritten afterwards."""

    def after_step(self, step: Step) -> bool:
        """React to a finished step; return True to stop after it."""
        return False

    def after_train(self, iteration: int) -> None:
        """Conclude; `iteration` updates have been made."""

    def close(self) -> None:
        """Let go of files and threads."""
