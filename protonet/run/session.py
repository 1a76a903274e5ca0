"""One training at work: its files, its hooks in their order, its snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from protonet.errors import DataError
from protonet.hooks.display import Display
from protonet.hooks.guard import Guard
from protonet.hooks.hook import Hook
from protonet.hooks.live import Live
from protonet.hooks.pace import Pace
from protonet.hooks.signals import Signals
from protonet.hooks.snapshot import Snapshots as SnapshotHook
from protonet.hooks.stopwatch import Stopwatch
from protonet.hooks.test import Test
from protonet.run.evaluator import Evaluator
from protonet.run.folder import RunFolder
from protonet.run.job import Job
from protonet.run.nonfinite import explain
from protonet.run.output import Log, Output
from protonet.run.records import Records
from protonet.snapshot import Snapshots, State
from protonet.solver import Objective, Outputs, Solver, Updates
from protonet.spec.data import TRAIN


class Session:
    """A training between its start, or resume, and its end.

    Args:
        job: what is trained.
        folder: where the run is kept.
        plain: the resolved spec as plain data.
        log: takes what is said.
        records: takes what is measured.

    Attributes:
        evaluator: the tests; it holds what the last one gave.
    """

    def __init__(
        self, job: Job, folder: RunFolder, plain: Mapping[str, Any], log: Log, records: Records
    ) -> None:
        self._job, self._plain, self._log, self._records = job, dict(plain), log, records
        self._snapshots = Snapshots(folder.snapshots, job.solver.snapshot_keep)
        tests = {name: (job.sets[name], net) for name, net in job.tests.items()}
        self.evaluator = Evaluator(tests, job.solver.test_iter, log.say, records.record)

    def train(self, output: Output, again: str, before: State | None) -> None:
        """Train to the end.

        Args:
            output: shows the live line.
            again: the command that goes on after an interruption.
            before: where the run that is resumed stands; None at the start.

        Raises: NonFiniteError, DataError, StorageError; Interrupted after a signal's snapshot.
        """
        job = self._job
        seed, start = job.solver.random_seed, before.position if before else 0
        feed = job.train_set.feed(job.net, endless=True, seed=seed, start=start)
        self._reader = feed.reader
        try:
            solver = Solver(self._objective(), self._updates(), feed)
            solver.iteration = before.iteration if before else 0
            losses = before.losses if before else ()
            solver.train(job.solver.max_iter, self._hooks(solver, losses, output, again))
        finally:
            feed.reader.close()

    def _objective(self) -> Objective:
        net = self._job.net
        module = net.graph_module

        def forward(*batch: Tensor) -> Outputs:
            try:
                outputs: Outputs = module(*batch)
            except DataError as error:
                at = (self._reader.position - 1) // self._job.solver.iter_size
                raise DataError(f"data.{TRAIN}, iteration {at}: {error}") from error
            return outputs

        return Objective(forward, net.total_loss, net.learnable)

    def _updates(self) -> Updates:
        job, solver = self._job, self._job.solver
        return Updates(
            job.optimizer, job.rate, solver.iter_size, solver.clip_gradients, solver.random_seed
        )

    def _hooks(
        self, solver: Solver, losses: Sequence[float], output: Output, again: str
    ) -> list[Hook]:
        """Return the hooks in the order in which they act after every step."""
        spec, stopwatch = self._job.solver, Stopwatch()
        reader = self._reader
        pace = Pace(self._job.samples, spec.max_iter, lambda: reader.waited, stopwatch)
        self._display = display = Display(
            spec.display,
            spec.average_loss,
            pace,
            self._log.progress,
            self._records.record,
            torch.tensor(losses, device=solver.flag.device).unbind(),
        )
        intervals = (spec.display, spec.test_interval, spec.snapshot)
        last, explained = spec.max_iter, partial(explain, self._job)
        guard = Guard(solver.flag, solver.applied, intervals, last, explained)
        snapshots = SnapshotHook(
            spec.snapshot, self.snapshot, stopwatch, at_end=spec.snapshot_after_train
        )

        def on_signal(iteration: int) -> None:
            guard.check()  # updates after one that was not finite were not made
            snapshots.write(iteration)

        hooks: list[Hook] = [guard, display]
        if self._job.tests:
            test, initially = self.evaluator.test, spec.test_initialization
            hooks.append(Test(spec.test_interval, test, stopwatch, initially=initially, last=last))
        hooks.append(snapshots)
        if output.live:
            hooks.append(Live(pace, lambda: display.loss, output.status))
        return [*hooks, Signals(on_signal, again)]

    def snapshot(self, iteration: int) -> None:
        """Write the snapshot of so many updates."""
        job, evaluator = self._job, self.evaluator
        tested = evaluator.iteration == iteration
        state = State(
            iteration=iteration,
            position=self._reader.position,
            seed=job.solver.random_seed,
            spec=self._plain,
            data={
                name: source.header.content_hash
                for opened in job.sets.values()
                for name, source in opened.by_name().items()
            },
            machine=job.machine,
            evaluation=job.evaluation,
            metrics=evaluator.values() if tested else {},
            score=evaluator.score() if tested else None,
            result="\n".join(evaluator.lines()) if tested else "",
            losses=self._display.losses(),
            lengths=self._records.lengths(),
        )
        path = self._snapshots.write(state, job.net.named_tensors(), job.optimizer.state())
        self._log.note(f"iteration {iteration}  snapshot {path}")
