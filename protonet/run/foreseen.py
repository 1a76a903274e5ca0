"""What a training would refuse before its first iteration, told without its data or its weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from protonet.errors import PathError, PathErrors
from protonet.run.deciding import deciding, unwatched
from protonet.run.durations import timed
from protonet.run.factors import factored
from protonet.run.job import test_nets, trainable_net
from protonet.run.rules import aims, rules
from protonet.run.sets import OpenSet
from protonet.schema import Spec
from protonet.spec.data import TRAIN
from protonet.spec.solver import SolverSpec, TimedSolver

_RECORDS = 100_000
"""Records of a set that is not open: so many that no length rounds to nothing."""
_OF_RATES = ("max_iter", "lr_policy", "updates")
"""Keys that the rates follow from."""


def check_training(spec: Spec, train: OpenSet | None = None) -> None:
    """Put a training together on the meta device, as far as the spec alone decides whether it can
    be; nothing is allocated. A spec without a solver or a set to train on is left alone.

    Args:
        spec: the spec, whose net is proved.
        train: the training set, where it is open; without it, rates that depend on the length of an
            epoch are looked at for the first iteration only.

    Raises: PathErrors with what does not fit; `protonet.schema.located` adds file and line.
    """
    if spec.solver is None or TRAIN not in spec.data:
        return
    solver = spec.solver
    net = trainable_net(spec, solver, "meta", channels_last=False)
    errors: list[PathError] = []
    with _kept(errors):
        aimed = aims(solver, net, factored(net, solver.params))
    with _kept(errors):
        decides = deciding(test_nets(spec, net), solver.best)
        list(unwatched(solver, decides))
    if not errors:
        with _kept(errors):
            rules(_timed(solver, train), aimed, decides)
    if errors:
        raise PathErrors(errors)


@contextmanager
def _kept(errors: list[PathError]) -> Iterator[None]:
    """Keep what is refused within the block, to be told with the rest."""
    try:
        yield
    except PathErrors as error:
        errors.extend(error.errors)
    except PathError as error:
        errors.append(error)


def _timed(solver: SolverSpec, train: OpenSet | None) -> TimedSolver:
    """Return the section with every length in iterations; without a training set, one iteration of
    it where its rates depend on the length of an epoch."""
    if train is not None:
        return timed(solver, len(train), train.spec.batch_size * solver.iter_size)[0]
    short, long = (timed(solver, times * _RECORDS, 1)[0] for times in (1, 2))
    if any(getattr(short, key) != getattr(long, key) for key in _OF_RATES):
        return short.model_copy(update={"max_iter": 1})
    return short
