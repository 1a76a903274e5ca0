"""Copies weights and gradients at intervals, for histograms of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from protonet.hooks.hook import Hook, Step
from protonet.hooks.ticker import Interval, is_due
from protonet.hooks.turns import Turns

WEIGHTS, GRADIENTS = "weights/", "gradients/"
"""What stands before the names of the copies."""


class Histograms(Hook):
    """Gives copies of the weights after every `interval` updates, before the first, and at the end,
    with the gradients of the last of these updates, as they were before they were clipped.

    Args:
        interval: updates between two; 0 for never.
        weights: what is trained, by `layer/parameter`.
        turns: whose gradients come.
        iter_size: batches whose gradients are summed; their mean is given.
        last: the update after which the end comes.
        take: takes the number of updates and the copies, on the host, by name.
    """

    def __init__(
        self,
        interval: Interval,
        weights: Mapping[str, Tensor],
        turns: Turns,
        *,
        iter_size: int,
        last: int,
        take: Callable[[int, dict[str, Tensor]], None],
    ) -> None:
        self._interval, self._weights, self._turns = interval, weights, turns
        self._iter_size, self._last, self._take = iter_size, last, take
        self._gradients: dict[str, Tensor] = {}
        self._taken: int | None = None

    def before_train(self, iteration: int) -> None:
        """Give the first weights, where this is the start."""
        if iteration == 0 and self._interval:
            self._give(iteration)
        self._taken = iteration

    def before_step(self, iteration: int) -> None:
        """Note whose gradients will come."""
        self._turns.begin(iteration)

    def on_gradients(self, iteration: int, gradients: Sequence[Tensor]) -> None:
        """Copy them if their update is due."""
        if self._is_due(iteration + 1):
            for name, gradient in zip(self._turns.names(), gradients, strict=True):
                mean = gradient if self._iter_size == 1 else gradient / self._iter_size
                self._gradients[f"{GRADIENTS}{name}"] = _copy(mean)

    def after_step(self, step: Step) -> bool:
        """Give what is due."""
        if self._is_due(step.iteration + 1):
            self._give(step.iteration + 1)
        return False

    def after_train(self, iteration: int) -> None:
        """Give the last weights, unless that has just been done."""
        if self._interval and self._taken != iteration:
            self._give(iteration)

    def _is_due(self, done: int) -> bool:
        return bool(self._interval) and (done == self._last or is_due(done, self._interval))

    def _give(self, iteration: int) -> None:
        copies = {f"{WEIGHTS}{name}": _copy(weight) for name, weight in self._weights.items()}
        self._take(iteration, {**copies, **self._gradients})
        self._gradients, self._taken = {}, iteration


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True)
