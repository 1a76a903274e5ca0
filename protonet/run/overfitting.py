"""Whether a net can learn a few batches by heart: the first thing to try where nothing is learnt.

The batches are read and transformed once, so random crops and mirrors stay what they are; Dropout
and other noise in the net is drawn anew in every iteration. No run is kept.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path

import torch

from protonet.debug.printed import printed
from protonet.errors import UsageError
from protonet.evaluate import evaluate, line
from protonet.hooks.display import Display
from protonet.hooks.guard import Failure, Guard
from protonet.hooks.hook import Hook, Step
from protonet.hooks.live import Live
from protonet.hooks.pace import Pace
from protonet.hooks.stopwatch import Stopwatch
from protonet.hooks.time_limit import TimeLimit
from protonet.net.passing import files_of
from protonet.run.hooking import interval
from protonet.run.job import Job, prepare
from protonet.run.machine import memory_errors
from protonet.run.nonfinite import Fed, fed, first_fault, unseen
from protonet.run.output import Output
from protonet.run.precision import arithmetic
from protonet.run.updating import updates_of
from protonet.run.weights import own_weights, start_from
from protonet.schema import Spec
from protonet.solver import Solver
from protonet.spec.data import TRAIN
from protonet.step.objective import Batch

_KEPT_NOWHERE = "with --overfit no run is kept"
_MOST_KEPT = 1000
"""Iterations of the end whose losses are averaged, at most."""
_NOISE = 0.01
"""Share of the loss that counts as nothing."""


@dataclass(frozen=True, slots=True)
class Overfit:
    """What training on a few batches over and over came to.

    Attributes:
        batches, samples: how many, and samples of all together.
        iterations: made.
        before: the loss, averaged over the first pass over the batches.
        after: the same over the last tenth of the iterations, a pass at least.
        result: what the trained net makes of the batches in phase test, as a line; empty where
            nothing is measured there.
    """

    batches: int
    samples: int
    iterations: int
    before: float
    after: float
    result: str

    @property
    def went_down(self) -> bool:
        """Whether the loss is lower at the end, by more than what noise does."""
        return self.before - self.after > _NOISE * abs(self.before)

    def lines(self) -> list[str]:
        """Return what came of it, as people read it."""
        batches = f"{self.batches} batch{'es' * (self.batches > 1)}"
        told = (
            f"overfit: loss {self.before:.4g} -> {self.after:.4g} on {batches} of {self.samples:,} "
            f"samples in all, in {self.iterations:,} iteration{'s' * (self.iterations > 1)}: "
        )
        end = "it went down" if self.went_down else (
            "it did NOT go down. Look at base_lr, at the labels, and at the gradients: "
            "protonet gradcheck"
        )  # fmt: skip
        return [*([self.result] if self.result else []), told + end]


def overfit(spec: Spec, batches: int, output: Output, weights: Sequence[str] = ()) -> Overfit:
    """Train on the first batches of the training set, over and over, in their order.

    Args:
        spec: what is trained, and for how long.
        batches: so many.
        output: shows what goes on.
        weights: files to start from, after those of the spec.

    Raises: SpecError, DataError, DeviceError, NonFiniteError; UsageError where the iterations are
        too few for a first pass over the batches and a last one.
    """
    with memory_errors(), printed(output.line):
        job = prepare(spec, None, output.line, output.status)
        length = _pass(job, batches)
        for told in start_from(job, (*own_weights(spec, job), *weights), output).shown:
            output.line(told)
        kept = fed(job, 0, batches)
        passes = _Passes(length, job.solver.max_iter)
        seed = job.solver.random_seed
        solver = Solver(updates_of(job, lambda: 0), cycle(kept.batches), seed=seed)
        with files_of(job.net):
            solver.train(job.solver.max_iter, [passes, *_hooks(job, solver, kept, output)])
        samples = sum(map(len, kept.rows))
        return Overfit(
            batches, samples, solver.iteration, *passes.means(), _measured(job, kept.batches)
        )


def _pass(job: Job, batches: int) -> int:
    """Return the iterations of a pass over the batches.

    Raises: UsageError if there is no time for two.
    """
    length, most = -(-batches // job.solver.iter_size), job.solver.max_iter
    if 2 * length > most:
        raise UsageError(
            f"--overfit {batches}: the loss of the last pass over the batches is held against that "
            f"of the first, and two take {2 * length:,} iterations; solver.max_iter is {most:,}"
        )
    return length


class _Passes(Hook):
    """Keeps the losses of the first pass over the batches, and of the last iterations."""

    def __init__(self, length: int, iterations: int) -> None:
        self._first: list[torch.Tensor] = []
        most = max(length, min(iterations // 10, _MOST_KEPT))
        self._last: deque[torch.Tensor] = deque(maxlen=most)
        self._length = length

    def after_step(self, step: Step) -> bool:
        if len(self._first) < self._length:
            self._first.append(step.loss)
        self._last.append(step.loss)
        return False

    def means(self) -> tuple[float, float]:
        """Return the mean of each; not a number where nothing was trained."""
        if not self._first:
            return math.nan, math.nan
        first, last = (torch.stack(list(one)).mean() for one in (self._first, self._last))
        return float(first), float(last)


def _hooks(job: Job, solver: Solver, kept: Fed, output: Output) -> list[Hook]:
    spec, stopwatch = job.solver, Stopwatch()
    stopwatch.restart()
    longest = math.inf if spec.max_seconds is None else spec.max_seconds
    pace = Pace(
        job.samples, spec.max_iter, lambda: 0.0, stopwatch, lambda: longest - stopwatch.elapsed()
    )
    every = interval(spec.display, stopwatch)
    say = (lambda text: None) if output.live else output.line
    display = Display(every, spec.average_loss, pace, say, lambda row: None)
    explain = partial(_explained, job, kept)
    guard = Guard(solver.flag, solver.applied, (every,), spec.max_iter, explain)
    hooks: list[Hook] = [guard, display]
    if spec.max_seconds is not None:
        hooks.append(TimeLimit(spec.max_seconds, stopwatch.elapsed))
    if output.live:
        hooks.append(Live(pace, lambda: display.loss, output.status))
    return hooks


def _explained(job: Job, kept: Fed, iteration: int, lr: float) -> Failure:
    """Return what was not finite first in an iteration."""
    count = job.solver.iter_size
    numbers = range(iteration * count, (iteration + 1) * count)
    places = [number % len(kept.batches) for number in numbers]
    given = Fed([kept.batches[at] for at in places], [kept.rows[at] for at in places])
    seen, told = first_fault(job, iteration, given)
    return Failure(
        told or unseen(job),
        seen.loss,
        seen.norm,
        Path(),
        _KEPT_NOWHERE,
        found=seen.fault is not None,
    )


def _measured(job: Job, kept: Sequence[Batch]) -> str:
    """Return what the net makes of the batches in phase test."""
    net = job.net.in_phase("test")
    names = job.net.inputs
    if not net.measured or not set(net.inputs) <= set(names):
        return ""
    order = [names.index(name) for name in net.inputs]
    batches = [tuple(batch[place] for place in order) for batch in kept]
    with arithmetic(job.solver.precision, net.device):
        return line(TRAIN, evaluate(net, batches))
