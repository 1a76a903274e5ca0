"""The tensors of a training that a snapshot holds, and their way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from protonet.errors import SnapshotError
from protonet.optim.record import Remembering
from protonet.run.job import Job
from protonet.snapshot import Snapshot

TRAINED = "trained/"
"""What stands before the names of the weights that are trained, where their average is kept."""
_SCALE = "loss_scale/"


def weights_of(job: Job) -> dict[str, Tensor]:
    """Return the weights as they are tested and used: their average, where one is kept.

    Of what the processes share out, the first of them gets all, and the others nothing.
    """
    return _whole(job, _own_weights(job))


def state_of(job: Job, *, everywhere: bool = False) -> dict[str, Tensor]:
    """Return what else training needs to go on.

    Args:
        job: the training.
        everywhere: whether each process gets all of what they share out; else the first does.
    """
    found = {
        f"{prefix}{name}": tensor
        for prefix, part in _parts(job)
        for name, tensor in part.state().items()
    }
    if job.average:
        found |= {f"{TRAINED}{name}": own for name, own in job.tensors().items()}
    return _whole(job, found, everywhere=everywhere)


def _own_weights(job: Job) -> dict[str, Tensor]:
    return job.average.tensors if job.average else job.tensors()


def _whole(job: Job, tensors: dict[str, Tensor], *, everywhere: bool = False) -> dict[str, Tensor]:
    return job.sharding.whole(tensors, everywhere=everywhere) if job.sharding else tensors


def restore(job: Job, snapshot: Snapshot) -> None:
    """Copy a snapshot's tensors into a training, and let its learning rates see again what they had
    seen of the tests; memory layouts stay.

    Raises: SnapshotError if names or shapes differ.
    """
    put_back(job, snapshot.weights, snapshot.optimizer, snapshot.path)
    for rule, values in zip(job.rules, snapshot.state.measured, strict=False):
        for value in values:
            if rule.plateau is not None:
                rule.plateau.measure(value)


def put_back(
    job: Job, weights: Mapping[str, Tensor], state: Mapping[str, Tensor], path: Path
) -> None:
    """Copy what `weights_of` and `state_of` gave into a training; memory layouts stay.

    Args:
        job: the training.
        weights, state: what they gave.
        path: where it was kept, for messages.

    Raises: SnapshotError if names or shapes differ.
    """
    _copy(_own_weights(job), _cut(job, weights), path)
    saved = _cut(job, state)
    if job.average:
        _copy(job.tensors(), _taken(saved, TRAINED), path)
    for prefix, part in _parts(job):
        part.load_state(_taken(saved, prefix))


def _cut(job: Job, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return job.sharding.cut(tensors) if job.sharding else dict(tensors)


def _parts(job: Job) -> Iterator[tuple[str, Remembering]]:
    """Yield what has a state of its own, with what stands before its names; what takes the rest
    comes last."""
    if job.scale is not None:
        yield _SCALE, job.scale
    several = len(job.rules) > 1
    for number, rule in enumerate(job.rules):
        yield f"{number}/" if several else "", rule.optimizer


def _taken(saved: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Take what has a prefix out of the saved tensors; return it without."""
    names = [name for name in saved if name.startswith(prefix)]
    return {name.removeprefix(prefix): saved.pop(name) for name in names}


@torch.no_grad()
def _copy(own: Mapping[str, Tensor], saved: Mapping[str, Tensor], path: Path) -> None:
    problems = own.keys() ^ saved.keys()
    problems |= {name for name in own.keys() & saved.keys() if own[name].shape != saved[name].shape}
    if problems:
        raise SnapshotError(
            f"{path}: its weights are of another net: {', '.join(sorted(problems))}"
        )
    for name, tensor in own.items():
        tensor.copy_(saved[name])
