"""The hooks of a run, in the order in which they act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from protonet.hooks.average import Averaging
from protonet.hooks.debug_info import DebugInfo
from protonet.hooks.display import Display
from protonet.hooks.guard import Guard
from protonet.hooks.hook import Hook, Step
from protonet.hooks.live import Live
from protonet.hooks.occasion import Occasion
from protonet.hooks.pace import Pace
from protonet.hooks.patience import Patience, Progress
from protonet.hooks.signals import Received, Signals, StopAsked
from protonet.hooks.snapshot import Snapshots
from protonet.hooks.stopwatch import Stopwatch
from protonet.hooks.test import Test
from protonet.hooks.ticker import Interval, Ticker
from protonet.hooks.time_limit import TimeLimit
from protonet.optim.gradients import norm_of
from protonet.run.board.hooks import Rhythm, board_hooks
from protonet.run.evaluator import Evaluator
from protonet.run.events import EventsFile
from protonet.run.job import Job
from protonet.run.output import Log, Output
from protonet.run.saving import Saver
from protonet.run.together import Agreement, explain_together, heed_together
from protonet.snapshot import State
from protonet.solver import Solver
from protonet.spec.duration import Duration


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the hooks of a run work with.

    Attributes:
        job: the training.
        solver: at work.
        evaluator: the tests.
        display: the line that people read.
        pace: what speed is computed from.
        progress: how far the tests say that the run has come.
        trained_together: the seconds that the run has trained, as all its processes have them.
        saver: takes the snapshots.
        received: the signals of this run.
        log: takes what is said.
        output: shows the live line.
        folder: of the run.
        before: where the run that is resumed stands; None at the start.
        events: shown to TensorBoard; None where there are none.
    """

    job: Job
    solver: Solver
    evaluator: Evaluator
    display: Display
    pace: Pace
    progress: Progress
    trained_together: Callable[[], float]
    saver: Saver
    received: Received
    log: Log
    output: Output
    folder: Path
    before: State | None = None
    events: EventsFile | None = None

    @property
    def stopwatch(self) -> Stopwatch:
        """Training time."""
        return self.pace.stopwatch

    @property
    def there(self) -> int:
        """The iteration that there is a snapshot of, with its test; 0 for none."""
        return self.before.iteration if self.before and not self.before.owes_test else 0

    @property
    def owed(self) -> int:
        """The iteration whose test was cut short; 0 for none."""
        return self.before.iteration if self.before and self.before.owes_test else 0


def interval(length: int | Duration, stopwatch: Stopwatch) -> Interval:
    """Return a length of the solver section as hooks take it."""
    if isinstance(length, Duration):
        return Ticker(float(length.amount), stopwatch.agreed)
    return length


def hooks_of(shop: Workshop) -> list[Hook]:
    """Return the hooks in the order in which they act after every step.

    What must see the weights as the step left them comes first, then what reads the flag, so that
    nothing is shown, tested or saved of a step that was not finite; a snapshot follows the test of
    its iteration; signals come last, because they may end the run.
    """
    job, spec, stopwatch = shop.job, shop.job.solver, shop.stopwatch
    testing, saving = interval(spec.test_interval, stopwatch), interval(spec.snapshot, stopwatch)
    intervals = (shop.display.interval, testing, saving)
    explained = partial(explain_together, job, shop.folder)
    measure = job.sharding.norm if job.sharding else norm_of
    guard = Guard(
        shop.solver.flag, shop.solver.applied, intervals, spec.max_iter, explained, measure
    )
    at_end = spec.snapshot_after_train
    snapshots = Snapshots(
        saving, shop.saver.take, shop.saver.writer, stopwatch, at_end=at_end, there=shop.there
    )

    def on_signal(iteration: int) -> None:
        guard.check()  # updates after one that was not finite were not made
        snapshots.take(iteration)

    return [
        *_watching(shop),
        guard,
        shop.display,
        *_testing(shop, testing),
        *_showing(shop, testing),
        *_ending(shop),
        snapshots,
        *_live(shop),
        *_agreeing(shop),
        Signals(shop.received, on_signal, shop.saver.writer.wait),
    ]


def made_up(hooks: Sequence[Hook], iteration: int) -> bool:
    """Do what is still to be done after an iteration whose test was cut short; return whether
    training ends with it."""
    step = Step(iteration - 1, torch.zeros(()), {}, 0.0)
    owing = Test | Occasion | Patience | TimeLimit | Snapshots
    votes = [hook.after_step(step) for hook in hooks if isinstance(hook, owing)]
    return any(votes)


def _watching(shop: Workshop) -> list[Hook]:
    job = shop.job
    hooks: list[Hook] = []
    if job.solver.debug_info:
        hooks.append(DebugInfo(job.net, shop.display.interval, shop.log.say))
    if job.average:
        hooks.append(Averaging(job.average))
    return hooks


def _testing(shop: Workshop, testing: Interval) -> list[Hook]:
    spec = shop.job.solver
    if not shop.job.tests:
        return []
    return [
        Test(
            testing,
            partial(_test, shop),
            shop.stopwatch,
            initially=spec.test_initialization,
            last=spec.max_iter,
            owed=shop.owed,
        )
    ]


def _showing(shop: Workshop, testing: Interval) -> list[Hook]:
    if shop.events is None:
        return []
    last, stopwatch = shop.job.solver.max_iter, shop.stopwatch
    rhythm = Rhythm(shop.display.interval, testing, last, interval, stopwatch)
    return board_hooks(shop.job, shop.events, shop.evaluator, rhythm)


def _test(shop: Workshop, iteration: int) -> None:
    """Test in the arithmetic of training, on the average of the weights where one is kept.

    Raises: Interrupted where a signal cut it short.
    """
    job, evaluator = shop.job, shop.evaluator
    try:
        with job.as_tested():
            evaluator.test(iteration, partial(heed_together, job.group, shop.received))
    except StopAsked:
        if iteration:
            shop.saver.cut(iteration)
        raise shop.received.interruption(iteration) from None
    value = evaluator.value()
    if iteration and value is not None:
        for rule in job.rules:
            if rule.plateau is not None:
                rule.plateau.measure(value)


def _ending(shop: Workshop) -> list[Hook]:
    """Return what may end the training before its last iteration."""
    spec, evaluator = shop.job.solver, shop.evaluator

    def score(iteration: int) -> float | None:
        return evaluator.score() if evaluator.iteration == iteration else None

    hooks: list[Hook] = []
    if stop := spec.early_stop:
        say = shop.log.say
        hooks.append(Patience(stop.patience, stop.min_delta, score, say, shop.progress))
    if spec.max_seconds is not None:
        hooks.append(TimeLimit(spec.max_seconds, shop.trained_together))
    return hooks


def _agreeing(shop: Workshop) -> list[Hook]:
    group = shop.job.group
    return [] if group.is_alone else [Agreement(group, shop.received, shop.stopwatch)]


def _live(shop: Workshop) -> list[Hook]:
    display, output = shop.display, shop.output
    return [Live(shop.pace, lambda: display.loss, output.status)] if output.live else []
