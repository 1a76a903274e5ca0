"""Where something infinite or not a number came from: the step of that iteration, once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from protonet.errors import StorageError
from protonet.hooks.guard import Failure
from protonet.optim import Evaluating
from protonet.run.factors import factored
from protonet.run.facts import resolved, spec_text
from protonet.run.inspection import Inspection, inspect
from protonet.run.job import Job
from protonet.run.micro_batches import batch_axis
from protonet.run.remembered import state_of
from protonet.run.replay import Facts, Replay, batches_of, write_replay
from protonet.run.rules import aims
from protonet.run.updating import located, updates_of
from protonet.run.watch import Fault
from protonet.solver import seed_generators
from protonet.spec.data import TRAIN
from protonet.step.objective import Batch
from protonet.step.splitting import parts_of
from protonet.step.update import Update

NOTHING = "nothing that was not finite, now that the step was repeated"
"""What is said where the fault does not come again."""
TRIED = "the loss or a gradient was not finite at weights that the update rule tried on its way"
"""What is said where all is finite at the weights before the update, and the rule computes at
others too, as LBFGS does."""
_MOST_SHOWN = 5
"""Records that are named one by one."""


@dataclass(frozen=True, slots=True)
class Fed:
    """The batches of an iteration.

    Attributes:
        batches: as the net takes them.
        rows: numbers of the records in each, in the order of the data set.
    """

    batches: list[Batch]
    rows: list[tuple[int, ...]]


def explain(job: Job, folder: Path, iteration: int, lr: float) -> Failure:
    """Return what was not finite first, and write the step down.

    The weights are still those before the update that failed, so it can be repeated; of those that
    are shared out all is here.

    Args:
        job: the training.
        folder: of the run; a folder `replay_iter_…` is made in it.
        iteration: the one that failed.
        lr: its learning rate.
    """
    given = fed(job, iteration * job.solver.iter_size, job.solver.iter_size)
    kept = replace(job, average=None)
    remembered = state_of(kept, everywhere=True)
    weights = {name: one.detach().clone() for name, one in job.net.named_tensors().items()}
    state = {name: one.detach().clone() for name, one in remembered.items()}
    found, told = first_fault(_unshared(job), iteration, given)
    told = told or unseen(job)
    facts = Facts(
        iteration=iteration,
        seed=job.solver.random_seed,
        lr=lr,
        records=len(job.train_set),
        samples=job.samples,
        rows=tuple(given.rows),
        machine=job.machine_now,
        rank=job.group.rank,
        what=told,
    )
    batches = batches_of(job.net.inputs, given.batches)
    path = folder / f"replay_iter_{iteration}"
    spec = spec_text(resolved(job.spec))
    refused = ""
    try:
        write_replay(path, Replay(facts, spec, weights, state, batches))
    except StorageError as error:
        refused = str(error)
    is_found = found.fault is not None
    return Failure(told, found.loss, found.norm, path, refused, found=is_found)


def unseen(job: Job) -> str:
    """Return what is said of a step in which nothing is not finite, and that was not applied."""
    tries = any(isinstance(rule.optimizer, Evaluating) for rule in job.rules)
    return TRIED if tries else NOTHING


def _unshared(job: Job) -> Job:
    """Return a training that computes with all of its parameters, which are `assembled`."""
    if job.sharding is None:
        return job
    whole = aims(job.solver, job.net, factored(job.net, job.solver.params))
    return replace(job, aims=whole, sharding=None)


def first_fault(job: Job, iteration: int, given: Fed) -> tuple[Inspection, str]:
    """Make the updates of an iteration again, but for what they change, until one is not finite.

    Args:
        job: the training, with the weights before.
        iteration: its number.
        given: its batches; where the training computes them in parts, so does this.

    Returns: what was seen, and what was not finite first, in words; empty where all was finite.
    """
    cut = _in_parts(job, given)
    plain = replace(job, machine=job.machine.model_copy(update={"compile": False}))
    found = None
    for number, update in enumerate(_own_updates(plain, iteration)):
        if iteration % update.every and found is not None:
            continue
        rank = job.group.rank
        seed_generators(job.solver.random_seed, iteration, job.net.device, number, rank)
        found = inspect(job.net, update, cut.batches)
        if found.fault is not None:
            break
    assert found is not None  # there is at least one update
    told = in_words(found.fault, cut.rows, f"data.{TRAIN}") if found.fault else ""
    return found, told


def _in_parts(job: Job, given: Fed) -> Fed:
    size = job.micro.size if job.micro else None
    if size is None:
        return given
    axes = [batch_axis(spec.axes()) for spec in job.net.input_specs.values()]
    cut = Fed([], [])
    for batch, rows in zip(given.batches, given.rows, strict=True):
        cut.rows.extend(rows[at : at + size] for at in range(0, len(rows), size))
        cut.batches.extend(parts_of(batch, axes, size))
    return cut


def _own_updates(job: Job, iteration: int) -> list[Update]:
    """Return the updates of this process's part of the batches."""
    return updates_of(job, lambda: iteration * job.solver.iter_size, together=False)


def in_words(fault: Fault, rows: Sequence[Sequence[int]], name: str) -> str:
    """Return a fault with the records that it comes from.

    Args:
        fault: what was not finite.
        rows: numbers of the records in each batch of the iteration.
        name: of the set, as `data.train`.
    """
    if fault.batch is None:
        return fault.what
    own = rows[fault.batch]
    if fault.samples is None or len(fault.samples) == len(own) > 1:
        return f"{fault.what} (all {len(own):,} samples of the batch)"
    numbers = sorted({own[place] for place in fault.samples})
    shown = ", ".join(map(str, numbers[:_MOST_SHOWN]))
    more = f" and {len(numbers) - _MOST_SHOWN:,} more" * (len(numbers) > _MOST_SHOWN)
    several = "s" * (len(numbers) > 1)
    return f"{fault.what} (record{several} {shown}{more} of {name}, of {len(own):,} in the batch)"


def fed(job: Job, first: int, count: int) -> Fed:
    """Return some batches of the training set.

    Args:
        job: the training.
        first: number of the first, from 0, over the whole run.
        count: how many.

    Raises: DataError naming the iteration.
    """
    opened, seed = job.train_set, job.solver.random_seed
    feed = opened.feed(job.net, endless=True, seed=seed, start=first)
    order = opened.order(seed)
    rows: list[tuple[int, ...]] = []

    def read() -> Iterator[Batch]:
        for batch in feed.reader:
            rows.append(tuple(order.rows(batch.positions).tolist()))
            yield feed.prepared(batch)

    with closing(feed.reader):
        batches = list(islice(located(read(), first, job.solver.iter_size), count))
    return Fed(batches, rows)
