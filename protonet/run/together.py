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
        table = _settled(self._group, self._received, _time(self._stopwatch))
        self._stopwatch.told = (table[0][0], table[0][1])
        return False


def heed_together(group: Group, received: Received) -> None:
    """Let something long go on, which all processes do; they call this equally often.

    Raises: StopAsked in all of them if a signal has asked one to end the run; ProcessError if
        another process has ended.
    """
    if not group.is_alone:
        _settled(group, received, [])
    received.heed()


def _settled(group: Group, received: Received, own: list[float]) -> list[list[float]]:
    """Have the signals that any process has received acted on in all; return what each brought
    besides."""
    stopping, wants_snapshot = received.pending
    table = _table(group, [float(stopping or 0), float(wants_snapshot), *own])
    numbers = [int(row[0]) for row in table if row[0]]
    received.settle(signal.Signals(numbers[0]) if numbers else None, any(row[1] for row in table))
    return [row[2:] for row in table]


def share_time(group: Group, stopwatch: Stopwatch) -> None:
    """Give all processes the time of the first, from here on."""
    if not group.is_alone:
        now, elapsed = _table(group, _time(stopwatch))[0]
        stopwatch.told = (now, elapsed)


def begin_alike(job: Job) -> None:
    """Give all processes the weights of the first one, whatever their machines have drawn; of what
    they share out there is one already."""
    parts = job.sharding.shards if job.sharding else {}
    kept = [job.net.named_tensors(), *([job.average.tensors] if job.average else [])]
    job.group.copy_from_first_(
        [tensor for tensors in kept for name, tensor in tensors.items() if name not in parts]
    )


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
    with job.assembled():
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
