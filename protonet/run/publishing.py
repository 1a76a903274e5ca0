"""From a run, or a spec and weights, to a model of the zoo that others can pull."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from protonet import __version__
from protonet.errors import UsageError
from protonet.net import Net
from protonet.run.evaluation import evaluation_of, evaluation_with
from protonet.run.facts import resolved
from protonet.run.loading import load
from protonet.run.output import Output
from protonet.run.pulling import pulling
from protonet.run.sets import open_sets
from protonet.schema import Spec, located
from protonet.snapshot import Evaluation, State, check_missing
from protonet.snapshot.weight_files import snapshot_in
from protonet.source.written import written
from protonet.spec.data import TRAIN, deciding_set
from protonet.zoo.address import is_address
from protonet.zoo.find import find, load_weights
from protonet.zoo.model import Accuracy
from protonet.zoo.published import TASK
from protonet.zoo.push import About, push

NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class Words:
    """What a person says of a model.

    Attributes:
        name: it is called.
        task: what it is for; None: what its preprocessing tells.
        source: who made it, and from what; None: protonet did.
        licence: its terms.
    """

    name: str
    task: str | None = None
    source: str | None = None
    licence: str = NOT_STATED


@dataclass(frozen=True, slots=True)
class _Found:
    """A trained net.

    Attributes:
        spec: as plain data.
        tensors: its weights by name.
        evaluation: how a sample is prepared; None where that is not known.
        accuracy: what it reached.
    """

    spec: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    evaluation: Evaluation | None
    accuracy: tuple[Accuracy, ...]


def publish(
    model: Path, weights: str | None, words: Words, folder: Path, output: Output, *, force: bool
) -> Path:
    """Write a model into a folder of models; return where it lies.

    Args:
        model: a run, a snapshot, or a spec.
        weights: of the spec: a file, a snapshot, a run or a model of the zoo.
        words: what is said of it.
        folder: the folder of models.
        output: shows what became of the weights.
        force: replace a model of that name.

    Raises: UsageError, DataError, SpecError, SnapshotError, StorageError.
    """
    found = _trained(model, weights) if os.path.isdir(model) else _given(model, weights, output)
    if found.spec.get("plugins"):
        raise UsageError(f"{model}: its net needs plugins, which a model of the zoo cannot hold")
    about = About(
        name=words.name,
        task=words.task or _task(found.evaluation),
        source=words.source or f"{found.spec['name']}, trained with protonet {__version__}",
        licence=words.licence,
        accuracy=found.accuracy,
        evaluation=found.evaluation,
    )
    kept = {key: found.spec[key] for key in ("name", "vars", "net") if key in found.spec}
    return push(folder, about, written(kept), found.tensors, force=force)


def _trained(folder: Path, weights: str | None) -> _Found:
    """Return what a run or a snapshot holds."""
    if weights is not None:
        raise UsageError(f"{folder} has weights of its own; leave out --weights")
    snapshot = snapshot_in(folder)
    state = snapshot.state
    return _Found(state.spec, snapshot.weights, state.evaluation, _accuracy(state))


def _given(path: Path, weights: str | None, output: Output) -> _Found:
    """Return a spec with weights that hold every parameter of its net."""
    spec = load(path)
    if weights is None:
        raise UsageError(f"{path} is a spec; name the weights of its net: --weights FILE")
    with located(spec):
        net = Net(spec.net, "train")
    report = load_weights(net, weights, pulling(output))
    for line in report.lines():
        output.line(line)
    check_missing(net, [report], allowed=False)
    evaluation = evaluation_with(weights) or _evaluation(spec, net, output)
    return _Found(resolved(spec), net.named_tensors(), evaluation, _accuracy_with(weights))


def _accuracy_with(weights: str) -> tuple[Accuracy, ...]:
    """Return what weights are known to reach."""
    if is_address(weights):
        return find(weights).model.accuracy
    return _accuracy(snapshot_in(Path(weights)).state) if os.path.isdir(weights) else ()


def _evaluation(spec: Spec, net: Net, output: Output) -> Evaluation | None:
    """Return how the spec prepares a sample of its evaluation; None where it has no data."""
    name = deciding_set(spec.data) or (TRAIN if TRAIN in spec.data else None)
    if name is None:
        return None
    with located(spec):
        fed = net if name == TRAIN else net.in_phase("test")
        return evaluation_of(open_sets(spec, {name: fed}, output.line, output.status)[name])


def _accuracy(state: State) -> tuple[Accuracy, ...]:
    """Return the numbers that the last test gave; what has rows or columns is left out."""
    by = f"protonet {__version__}, after {state.iteration} iterations"
    return tuple(
        Accuracy(metric=metric, value=value, data=name, by=by)
        for name, metrics in state.metrics.items()
        for metric, value in metrics.items()
        if isinstance(value, int | float) and math.isfinite(value)
    )


def _task(evaluation: Evaluation | None) -> str:
    if evaluation is None or not evaluation.classes:
        return NOT_STATED
    return TASK if evaluation.input and len(evaluation.shape) == 3 else "classification"
