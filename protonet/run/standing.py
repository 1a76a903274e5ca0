"""Where a run stands, as its snapshots record it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protonet.hooks.display import Display
from protonet.hooks.patience import Progress
from protonet.run.evaluator import Evaluator
from protonet.run.job import Job
from protonet.run.records import Records
from protonet.snapshot import State


@dataclass(frozen=True, slots=True)
class Standing:
    """The parts of a run that know where it stands.

    Attributes:
        job: what is trained.
        plain: the resolved spec as plain data.
        evaluator: the tests.
        display: the losses that the next line averages.
        records: the measurements.
        progress: how far the tests say that the run has come.
    """

    job: Job
    plain: Mapping[str, Any]
    evaluator: Evaluator
    display: Display
    records: Records
    progress: Progress

    def state(self, iteration: int, seconds: float, *, owes_test: bool) -> State:
        """Return all that is no tensor; the measurements so far are on the disk then.

        Args:
            iteration: updates made.
            seconds: that the run has trained.
            owes_test: whether the test of this iteration was cut short.

        Raises: StorageError if the disk refuses.
        """
        job, evaluator = self.job, self.evaluator
        tested = evaluator.iteration == iteration
        return State(
            iteration=iteration,
            position=iteration * job.solver.iter_size,
            seed=job.solver.random_seed,
            spec=dict(self.plain),
            data={
                name: source.header.content_hash
                for opened in job.sets.values()
                for name, source in opened.by_name().items()
            },
            machine=job.machine_now,
            evaluation=job.evaluation,
            metrics=evaluator.values() if tested else {},
            score=evaluator.score() if tested else None,
            result="\n".join(evaluator.lines()) if tested else "",
            losses=self.display.losses(),
            owes_test=owes_test,
            lengths=self.records.lengths(),
            seconds=seconds,
            best=self.progress.best,
            waited=self.progress.waited,
            measured=tuple(
                tuple(rule.plateau.measured) if rule.plateau else () for rule in job.rules
            ),
        )
