"""What several processes do at the same iteration: stop, take a snapshot, tell what failed."""

from __future__ import annotations

import shutil
import signal
from dataclasses import replace
from pathlib import Path

import torch

from protonet.distributed.group import Group
from protonet.hooks.guard import Failure
from protonet.hooks.hook import Hook, Step
from protonet.hooks.signals import Received
from protonet.hooks.stopwatch import Stopwatch
from protonet.run.job import Job
from protonet.run.nonfinite import explain


class Agreement(Hook):
    """After every step, tells all processes the signals that any has received, and the time of the
    first. It stands before what acts on them.

    Args:
        group: the processes.
        received: the signals of this one.
        stopwatch: training time.
    """

    def __init__(self, group: Group, received: Received, stopwatch: Stopwatch) -> None:
        self._group, self._received, self._stopwatch = group, received, stopwatch

    def after_step(self, step: Step) -> bool:
        """Agree.

        Raises: ProcessError if another process has ended.
        """
        stopping, wants_snapshot = self._received.pending
        row = [float(stopping or 0), float(wants_snapshot), *_time(self._stopwatch)]
        table = _table(self._group, row)
        self._stopwatch.told = (table[0][2], table[0][3])
        numbers = [int(one[0]) for one in table if one[0]]
        first = signal.Signals(numbers[0]) if numbers else None
        self._received.settle(first, any(one[1] for one in table))
        return False


def share_time(group: Group, stopwatch: Stopwatch) -> None:
    """Give all processes the time of the first, from here on."""
    if not group.is_alone:
        now, elapsed = _table(group, _time(stopwatch))[0]
        stopwatch.told = (now, elapsed)


def begin_alike(job: Job) -> None:
    """Give all processes the weights of the first one, whatever their machines have drawn."""
    tensors = [*job.net.named_tensors().values()]
    tensors += [*job.average.tensors.values()] if job.average else []
    job.group.copy_from_first_(tensors)


def explain_together(job: Job, folder: Path, iteration: int, lr: float) -> Failure:
    """Return what was not finite first, in the part of the batch of the first process that finds
    something.

    The arguments are those of `explain`.
    """
    group = job.group
    if group.is_alone:
        return explain(job, folder, iteration, lr)
    kept = group.from_first(lambda: folder)
    own = kept if group.is_first else kept / f"rank_{group.rank}"
    own.mkdir(exist_ok=True)
    failure = explain(job, own, iteration, lr)
    failures = group.gathered(failure)
    found = next((rank for rank, one in enumerate(failures) if one.found), 0)
    if group.rank != found:
        shutil.rmtree(failure.replay if group.is_first else own, ignore_errors=True)
    told = failures[found]
    return replace(told, what=f"in rank {found} of {group.count}: {told.what}")


def _time(stopwatch: Stopwatch) -> list[float]:
    return [stopwatch.now(), stopwatch.elapsed()]


def _table(group: Group, row: list[float]) -> list[list[float]]:
    """Return the rows of all processes."""
    table: list[list[float]] = group.rows(torch.tensor(row, dtype=torch.float64)).tolist()
    return table
