"""One training at work: its files, its hooks in their order, its snapshots."""

from __future__ import annotations

import math
import signal
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import torch

from protonet.data.reader import Reader
from protonet.errors import StorageError
from protonet.hooks.display import Display
from protonet.hooks.pace import Pace
from protonet.hooks.patience import Progress
from protonet.hooks.signals import Effect, Received
from protonet.hooks.stopwatch import Stopwatch
from protonet.net.passing import files_of
from protonet.run.evaluator import Evaluator
from protonet.run.folder import RunFolder
from protonet.run.hooking import Workshop, hooks_of, interval, made_up
from protonet.run.job import Job
from protonet.run.output import Log, Output
from protonet.run.records import Records
from protonet.run.rescue import Rescue
from protonet.run.room import told
from protonet.run.saving import Saver
from protonet.run.standing import Standing
from protonet.run.together import share_time
from protonet.run.updating import located, updates_of
from protonet.snapshot import Snapshots, State, Writer
from protonet.solver import Solver
from protonet.spec.solver import SolverSpec


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
        self._folder = folder.path
        snapshots = Snapshots(folder.snapshots, job.solver.snapshot_keep)
        self._writer = Writer(snapshots, self._written, log.say)
        tests = {name: (job.sets[name], net) for name, net in job.tests.items()}
        self.evaluator = Evaluator(
            tests, job.solver.test_iter, log.say, records.record, job.deciding
        )
        self._stopwatch, self._progress = Stopwatch(), Progress()
        if job.micro is not None:
            job.micro.say = log.say
        self._trained_before = 0.0

    def train(self, output: Output, again: str, before: State | None) -> int:
        """Train to the end; return the number of iterations made in all.

        Args:
            output: shows the live line.
            again: the command that goes on after an interruption.
            before: where the run that is resumed stands; None at the start.

        Raises: NonFiniteError, DataError, StorageError; TrainingError where such an error came up
            in the middle, after a snapshot; Interrupted after a signal's snapshot.
        """
        job = self._job
        received = Received(_effects(job.solver), again, alone=job.group.is_alone)
        with received.noted(), self._writer:
            return self._train(output, received, again, before)

    def _train(self, output: Output, received: Received, again: str, before: State | None) -> int:
        job = self._job
        seed, start = job.solver.random_seed, before.position if before else 0
        feed = job.train_set.feed(job.net, endless=True, seed=seed, start=start)
        reader = feed.reader
        try:
            batches = located(feed, start, job.solver.iter_size)
            updates = updates_of(job, lambda: reader.position - 1)
            solver = Solver(updates, batches, seed=seed, rank=job.group.rank)
            if before:
                self._go_on(solver, before)
            self._stopwatch.restart()
            share_time(job.group, self._stopwatch)
            display, pace = self._displaying(reader, solver, before)
            saver = self._saver(display)
            shop = self._workshop((solver, display, pace, saver), received, output, before)
            hooks = hooks_of(shop)
            end = job.solver.max_iter
            if before and before.owes_test and made_up(hooks, before.iteration):
                end = before.iteration
            save = saver.save if job.sharding is None else _refuse_to_save
            rescue = Rescue(solver, save, again, partial(told, job))
            ready = rescue.ready() if job.group.is_first else nullcontext()
            with ready, files_of(job.net):
                solver.train(end, hooks)
        finally:
            reader.close()
        return solver.iteration

    def _workshop(
        self,
        at_work: tuple[Solver, Display, Pace, Saver],
        received: Received,
        output: Output,
        before: State | None,
    ) -> Workshop:
        solver, display, pace, saver = at_work
        return Workshop(
            job=self._job,
            solver=solver,
            evaluator=self.evaluator,
            display=display,
            pace=pace,
            progress=self._progress,
            trained_together=self._trained_together,
            saver=saver,
            received=received,
            log=self._log,
            output=output,
            folder=self._folder,
            before=before,
            events=self._records.events,
        )

    def _go_on(self, solver: Solver, before: State) -> None:
        solver.iteration = before.iteration
        self._trained_before = before.seconds
        self._progress = Progress(before.best, before.waited)

    def _trained(self) -> float:
        """Return the seconds that the run has trained."""
        return self._trained_before + self._stopwatch.elapsed()

    def _trained_together(self) -> float:
        return self._trained_before + self._stopwatch.agreed_elapsed()

    def _clock(self) -> float:
        """Return the seconds until a clock ends the training."""
        longest = self._job.solver.max_seconds
        return math.inf if longest is None else longest - self._trained()

    def _displaying(
        self, reader: Reader, solver: Solver, before: State | None
    ) -> tuple[Display, Pace]:
        """Return the line that people read, and what its speed is computed from."""
        job, spec = self._job, self._job.solver
        pace = Pace(job.samples, spec.max_iter, lambda: reader.waited, self._stopwatch, self._clock)
        losses = torch.tensor(before.losses if before else (), device=solver.flag.device)
        display = Display(
            interval(spec.display, self._stopwatch),
            spec.average_loss,
            pace,
            self._log.progress,
            self._records.record,
            losses.unbind(),
        )
        return display, pace

    def _saver(self, display: Display) -> Saver:
        standing = Standing(
            self._job, self._plain, self.evaluator, display, self._records, self._progress
        )
        return Saver(standing, self._writer, self._trained)

    def _written(self, iteration: int, path: Path) -> None:
        with suppress(StorageError):  # a full disk is found out by what is written next
            self._log.note(f"iteration {iteration}  snapshot {path}")


def _refuse_to_save(iteration: int) -> None:
    """Raise what says why a process that fails by itself cannot write a snapshot.

    Raises: StorageError.
    """
    raise StorageError("under solver.parallel: fsdp each process has only a part of the weights")


def _effects(solver: SolverSpec) -> dict[signal.Signals, Effect]:
    return {
        signal.SIGINT: solver.sigint_effect,
        signal.SIGHUP: solver.sighup_effect,
        signal.SIGTERM: "stop",
    }
