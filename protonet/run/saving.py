"""The snapshots of a run: what is taken, when, and by which process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protonet.run.remembered import state_of, weights_of
from protonet.run.standing import Standing
from protonet.snapshot import Writer


@dataclass(frozen=True, slots=True)
class Saver:
    """Takes snapshots of a run; of several processes, the first does.

    Attributes:
        standing: the parts of the run that know where it stands.
        writer: writes what was taken, in the background.
        trained: gives the seconds that the run has trained.
    """

    standing: Standing
    writer: Writer
    trained: Callable[[], float]

    def take(self, iteration: int, *, owes_test: bool = False) -> None:
        """Take the snapshot of so many updates, and have it written.

        Args:
            iteration: updates made.
            owes_test: whether the test of this iteration was cut short.
        """
        job = self.standing.job
        weights, remembered = weights_of(job), state_of(job)  # by all, who may share them out
        if job.group.is_first:
            state = self.standing.state(iteration, self.trained(), owes_test=owes_test)
            self.writer.write(state, weights, remembered)

    def cut(self, iteration: int) -> None:
        """Write the snapshot of so many updates, whose test was cut short, to the end."""
        self.take(iteration, owes_test=True)
        self.writer.wait()

    def save(self, iteration: int) -> None:
        """Write the snapshot of so many updates to the end; a test that is due there and did not
        come to its end is owed."""
        job, tested = self.standing.job, self.standing.evaluator.iteration
        testing = job.solver.test_interval
        every = testing if isinstance(testing, int) else 0
        due = iteration == job.solver.max_iter or (every > 0 and iteration % every == 0)
        self.take(iteration, owes_test=bool(job.tests) and due and tested != iteration)
        self.writer.wait()
