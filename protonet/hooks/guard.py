"""Stops a run whose loss or gradient became infinite or not a number; nothing of it was applied."""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from protonet.errors import NonFiniteError
from protonet.hooks.hook import Hook, Step
from protonet.hooks.ticker import Interval, is_due
from protonet.optim.gradients import Norm, norm_of

_MOST_RATES = 100_000
"""Iterations between two looks at the flag whose learning rates are kept."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of the iteration that failed.

    Attributes:
        what: what was not finite first, in words.
        loss: what was minimised.
        norm: the L2 norm of all gradients, before they are clipped.
        replay: the folder in which the step was written down.
        refused: why it could not be; empty where it was.
        found: whether the step, repeated, showed what it was.
    """

    what: str
    loss: float
    norm: float
    replay: Path
    refused: str = ""
    found: bool = True


class Guard(Hook):
    """Reads the solver's flag where the device is waited for anyway: at display, test and snapshot.

    The norm of the gradients is computed where a display follows, and stays on the device.

    Args:
        flag: 0-d tensor, 1 once something was not finite; the solver applies no update from then
            on.
        applied: 0-d tensor, the number of updates applied since the start of this process.
        intervals: the iterations between two displays, tests and snapshots.
        last: the update after which the end comes, with a test.
        explain: from the iteration that failed and its learning rate to what came of it.
        measure: gives the norm of the gradients.
    """

    def __init__(
        self,
        flag: torch.Tensor,
        applied: torch.Tensor,
        intervals: tuple[Interval, ...],
        last: int,
        explain: Callable[[int, float], Failure],
        measure: Norm = norm_of,
    ) -> None:
        self._flag, self._applied, self._explain = flag, applied, explain
        self._measure = measure
        self._intervals, self._last, self._first = intervals, last, 0
        self._rates: deque[tuple[int, float]] = deque(maxlen=_MOST_RATES)
        self._norms: list[tuple[int, torch.Tensor]] = []

    def before_train(self, iteration: int) -> None:
        """Note where counting starts."""
        self._first = iteration

    def on_gradients(self, iteration: int, gradients: Sequence[torch.Tensor]) -> None:
        """Keep the norm in an iteration that is displayed, and the one before it."""
        seen = bool(self._norms) and self._norms[-1][0] == iteration
        if gradients and not seen and is_due(iteration, self._intervals[0]):
            self._norms = [*self._norms[-1:], (iteration, self._measure(gradients))]

    def after_step(self, step: Step) -> bool:
        """Read the flag where a display, test or snapshot follows."""
        self._rates.append((step.iteration, step.lr))
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
        if self._flag.item():
            iteration = self._first + int(self._applied.item())
            rates = dict(self._rates)
            lr = rates.get(iteration, next(reversed(rates.values()), 0.0))
            raise NonFiniteError(self._told(iteration, lr, self._explain(iteration, lr)))
        self._rates.clear()

    def _told(self, iteration: int, lr: float, failure: Failure) -> str:
        norms = [(at, norm.item()) for at, norm in self._norms if at < iteration]
        before = [f" ({norm:.4g} at iteration {at})" for at, norm in norms]
        where = f"repeat that step with: protonet replay {shlex.quote(str(failure.replay))}"
        if failure.refused:
            where = f"the step could not be written down: {failure.refused}"
        return (
            f"iteration {iteration}: {failure.what}; loss {failure.loss:.4g}, lr {lr:.4g}, "
            f"gradient norm {failure.norm:.4g}{''.join(before[-1:])}. Training stopped, and "
            "nothing of that update was applied: the weights are those before it. A lower base_lr "
            f"or clip_gradients often helps; look at the inputs too; {where}"
        )
