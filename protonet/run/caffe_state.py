"""Going on from a solver state of Caffe's, as `caffe train --snapshot` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from protonet.caffe.solver_state import SolverState
from protonet.errors import DataError, UsageError
from protonet.net import Net
from protonet.optim.record import Remembering
from protonet.optim.rule import BUFFERS, STEPS
from protonet.run.job import Job
from protonet.run.remembered import state_of, weights_of
from protonet.snapshot import Snapshot, State
from protonet.snapshot.weights import means_the_same


def weights_beside(state: SolverState) -> Path:
    """Return the file of the weights that a solver state names: from the current folder, as Caffe
    wrote it, or beside the state.

    Raises: DataError if it is in neither place.
    """
    written = Path(state.weights)
    places = [written, state.path.parent / written, state.path.parent / written.name]
    for place in places if state.weights else ():
        if place.is_file():
            return place
    raise DataError(
        f"{state.path}: its weights, {state.weights or 'of which it has no name'}, are neither "
        "here nor beside it; name them: --weights FILE"
    )


def caffes_snapshot(job: Job, state: SolverState, plain: Mapping[str, Any]) -> Snapshot:
    """Give the update rule what Caffe's remembered; return all of it as a snapshot of our own.

    The data go on where they would be by now; Caffe itself begins them anew.

    Args:
        job: the training, its weights loaded.
        state: what Caffe saved.
        plain: the resolved spec as plain data.

    Raises: DataError if the state is of another net or update rule; UsageError if the spec has
        several update rules.
    """
    if len(job.rules) != 1:
        raise UsageError(f"{state.path}: it is of one update rule, and solver.updates has several")
    if job.sharding is not None:
        raise UsageError(
            f"{state.path}: under solver.parallel: fsdp no process could take all of it; go on "
            "from it under ddp: any snapshot of that run goes on under fsdp"
        )
    remember(job.rules[0].optimizer, job.net, state)
    standing = State(
        iteration=state.iteration,
        position=state.iteration * job.solver.iter_size,
        seed=job.solver.random_seed,
        spec=dict(plain),
        data={
            name: source.header.content_hash
            for opened in job.sets.values()
            for name, source in opened.by_name().items()
        },
        machine=job.machine,
        evaluation=job.evaluation,
    )
    return Snapshot(state.path, standing, dict(weights_of(job)), state_of(job))


def remember(rule: Remembering, net: Net, state: SolverState) -> None:
    """Give an update rule what Caffe's remembered.

    Args:
        rule: at work on the net's parameters.
        net: in phase train.
        state: whose history lists all parameters in the order of the layers, once for each buffer.

    Raises: DataError if the state is of another net or update rule.
    """
    own = rule.state()
    names = list(net.named_tensors())
    buffers = max(
        (BUFFERS.index(kind) + 1 for kind in BUFFERS if any(_is_of(kind, key) for key in own)),
        default=0,
    )
    count = len(state.history)
    if buffers and count != buffers * len(names):
        raise DataError(
            f"{state.path}: its history has {count} arrays, and this update rule remembers "
            f"{buffers} of each of the net's {len(names)} parameters"
        )
    given: dict[str, Tensor] = {}
    for key, tensor in own.items():
        if key == STEPS:
            given[key] = torch.tensor(state.iteration)
            continue
        kind, _, name = key.partition("/")
        place = BUFFERS.index(kind) * len(names) + names.index(name)
        given[key] = _shaped(state, place, tensor.shape, name)
    rule.load_state(given)


def _is_of(kind: str, key: str) -> bool:
    return key.startswith(f"{kind}/")


def _shaped(state: SolverState, place: int, shape: Sequence[int], name: str) -> Tensor:
    array = torch.from_numpy(state.history[place])
    if not means_the_same(array.shape, shape):
        raise DataError(
            f"{state.path}: its history of {name} is {tuple(array.shape)}, not {tuple(shape)}"
        )
    return array.reshape(tuple(shape))
