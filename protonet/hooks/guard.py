"""Stops a run whose loss or gradient became infinite or not a number; nothing of it was applied."""

from __future__ import annotations

from collections.abc import Callable

import torch

from protonet.errors import NonFiniteError
from protonet.hooks.hook import Hook, Step, is_due


class Guard(Hook):
    """Reads the solver's flag where the device is waited for anyway: at display, test and snapshot.

    Args:
        flag: 0-d tensor, 1 once something was not finite; the solver applies no update from then
            on.
        applied: 0-d tensor, the number of updates applied since the start of this process.
        intervals: the iterations between two displays, tests and snapshots.
        last: the update after which the end comes, with a test.
        explain: from the iteration that failed to a description of what was not finite.
    """

    def __init__(
        self,
        flag: torch.Tensor,
        applied: torch.Tensor,
        intervals: tuple[int, ...],
        last: int,
        explain: Callable[[int], str],
    ) -> None:
        self._flag, self._applied, self._explain = flag, applied, explain
        self._intervals, self._last, self._first = intervals, last, 0

    def before_train(self, iteration: int) -> None:
        """Note where counting starts."""
        self._first = iteration

    def after_step(self, step: Step) -> bool:
        """Read the flag where a display, test or snapshot follows."""
        done = step.iteration + 1
        display, *others = self._intervals
        due = [is_due(step.iteration, display), *(is_due(done, interval) for interval in others)]
        if any(due) or done == self._last:
            self.check()
        return False

    def after_train(self, iteration: int) -> None:
        """Read the flag once more, before the last test and snapshot."""
        self.check()

    def check(self) -> None:
        """Read the flag.

        Raises: NonFiniteError naming the iteration and what was not finite.
        """
        if not self._flag.item():
            return
        iteration = self._first + int(self._applied.item())
        raise NonFiniteError(
            f"iteration {iteration}: {self._explain(iteration)}; training stopped, and nothing of "
            "that update was applied. The weights are those before it. A lower base_lr or "
            "clip_gradients often helps; look at the inputs too"
        )
