"""The updates of a run, at work: forward passes in the precision asked for, compiled if so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from torch import Tensor

from protonet.distributed.reduction import Reduction
from protonet.errors import DataError
from protonet.net.adding import Parted
from protonet.net.culprit import naming_layers
from protonet.net.net import weighed_sum
from protonet.run.compiled import compiled
from protonet.run.job import Job
from protonet.run.micro_batches import splitting_of
from protonet.run.parts import Combined, statistics_of, whole_outputs
from protonet.run.precision import arithmetic
from protonet.run.rules import Aim, parted_net
from protonet.spec.data import TRAIN
from protonet.step.micro import Micro
from protonet.step.objective import Batch, Objective, Outputs
from protonet.step.splitting import Splitting
from protonet.step.update import Limits, Update


def located(batches: Iterable[Batch], first: int, iter_size: int) -> Iterator[Batch]:
    """Yield batches; an error of the data is named by the iteration that it came up in.

    Args:
        batches: of the training set.
        first: the number of the first one, over the whole run.
        iter_size: batches of one iteration.

    Raises: DataError.
    """
    number = first
    try:
        for batch in batches:
            number += 1
            yield batch
    except DataError as error:
        raise _located(number, iter_size, error) from error
    except (OSError, ValueError, TypeError, LookupError) as error:  # of what decodes and prepares
        why = DataError(f"a batch cannot be read: {type(error).__name__}: {error}")
        raise _located(number, iter_size, why) from error


def updates_of(job: Job, batch: Callable[[], int], *, together: bool = True) -> list[Update]:
    """Return what every iteration makes.

    Args:
        job: the training.
        batch: gives the number of the batch in hand, from 0, over the whole run.
        together: with the other processes of the training, if there are any; False makes the
            updates of this one's part of the batches.
    """
    solver = job.solver
    limits = Limits(solver.clip_gradients, solver.clip_value)
    kept = statistics_of(job.net) if together and not job.group.is_alone else []
    return [
        Update(
            Objective(
                _forward(aim, job, batch, together=together),
                partial(weighed_sum, terms=aim.terms),
                job.sharding.computed_with(aim.slots) if job.sharding and together else aim.slots,
                alone=aim.alone,
            ),
            rule.optimizer,
            rule.rate,
            iter_size=solver.iter_size,
            limits=limits,
            scale=job.scale,
            every=rule.every,
            combine=_combine(aim, job, kept) if together else None,
            micro=_micro(place, job, batch) if together else None,
            shares=job.sharding if together else None,
        )
        for place, (aim, rule) in enumerate(zip(job.aims, job.rules, strict=True))
    ]


def _combine(aim: Aim, job: Job, statistics: Sequence[Tensor]) -> Combined | None:
    if aim.parted is None:
        return None
    reduction = Reduction(job.group, statistics, job.share)
    return Combined(reduction, aim.parted.adding, reduced=job.sharding is not None)


def _micro(place: int, job: Job, batch: Callable[[], int]) -> Micro | None:
    """Return what computes batches in parts; several processes have parts already."""
    if job.micro is None or not job.group.is_alone:
        return None

    def call(parted: Parted) -> Callable[..., Any]:
        return _located_calls(compiled(parted, job.machine.compile), job, batch)

    def split() -> Splitting:
        terms, net = job.aims[place].terms, job.net
        return splitting_of(net, terms, lambda: parted_net(place, job.solver, net), call)

    return Micro(job.micro, split)


def _forward(
    aim: Aim, job: Job, batch: Callable[[], int], *, together: bool
) -> Callable[..., Outputs]:
    call = compiled(aim.parted if together and aim.parted else aim.module, job.machine.compile)
    if together and aim.parted:
        call = whole_outputs(call, aim.parted.adding, job.group, job.share)
    return _located_calls(call, job, batch)


def _located_calls(
    call: Callable[..., Any], job: Job, batch: Callable[[], int]
) -> Callable[..., Any]:
    """Return a forward pass in the run's precision; it raises DataError naming the iteration and
    the layer, for what is wrong with the data, a label outside the classes, say."""
    computing = arithmetic(job.solver.precision, job.net.device)

    def forward(*bottoms: Tensor) -> Any:
        try:
            with computing, naming_layers(job.net):
                return call(*bottoms)
        except DataError as error:
            raise _located(batch(), job.solver.iter_size, error) from error

    return forward


def _located(batch: int, iter_size: int, error: DataError) -> DataError:
    return DataError(f"data.{TRAIN}, iteration {batch // iter_size}: {error}")
