"""Tests weights on evaluation sets, without training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from protonet.debug.printed import printed
from protonet.distributed.group import Group, joined
from protonet.errors import PathError, UsageError
from protonet.net import Net
from protonet.records import suggestion
from protonet.run.confusion import report
from protonet.run.evaluation import evaluation_with, prepared_as
from protonet.run.evaluator import Scores, measure_set
from protonet.run.folder import known_run
from protonet.run.heap import keep_freed_memory
from protonet.run.job import test_nets
from protonet.run.machine import choose_device, memory_errors, set_threads
from protonet.run.output import Output, Silent
from protonet.run.pulling import pulling
from protonet.run.sets import OpenSet, open_sets
from protonet.schema import Spec, located
from protonet.spec.data import evaluation_sets
from protonet.zoo.find import load_weights

Preparing = Literal["weights", "spec"]
"""Whether images are prepared as is stored with the weights, or as the spec says."""


def measure(
    spec: Spec,
    weights: str | Path | None,
    name: str | None,
    output: Output,
    transform: Preparing = "weights",
) -> dict[str, Scores]:
    """Return the losses and metrics of weights on evaluation sets.

    Args:
        spec: the net and its data.
        weights: a file, a snapshot, a run or a model of the zoo; None: the newest run of the spec's
            name.
        name: the set; None: every set but `train`.
        output: shows where the weights came from, tables, and a line per set.
        transform: how images are prepared; weights that do not say it leave it to the spec.

    Raises: UsageError if there is no such set or no run; DataError if the weights do not fit;
        SpecError if the data do not; DeviceError if the device is absent or out of memory.
    """
    known = evaluation_sets(spec.data)
    if name is not None and name not in known:
        raise UsageError(f"the spec has no evaluation set {name}; {suggestion(name, known)}")
    with memory_errors(), joined() as group:
        asked = _Asked(spec, name, output if group.is_first else Silent(), group)
        with printed(asked.output.line):
            found = group.from_first(lambda: weights or known_run(spec.run_name).path)
            return _measured(asked, found, transform)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is measured: the sets of a spec, or the one of this name; where it is shown; and by
    which processes, each of which has some batches."""

    spec: Spec
    name: str | None
    output: Output
    group: Group

    def load(self, net: Net, weights: str | Path) -> None:
        """Load weights; what is pulled for it is pulled once."""
        how = pulling(self.output)
        lines = self.group.from_first(lambda: load_weights(net, weights, how).lines())
        if not self.group.is_first:
            load_weights(net, weights, how)
        for text in lines:
            self.output.line(text)


def _measured(asked: _Asked, weights: str | Path, transform: Preparing) -> dict[str, Scores]:
    spec, output, group = asked.spec, asked.output, asked.group
    known = evaluation_sets(spec.data)
    with located(spec):
        if not known:
            raise PathError("PN042", ("data",), "there is no evaluation set, such as data.test")
        solver = spec.solver
        set_threads(solver, group=group)
        keep_freed_memory()
        layout = solver.channels_last if solver else None
        device = choose_device(solver, group=group)
        net = Net(spec.net, "train", device=device, channels_last=layout)
        nets = test_nets(spec, net)
        wanted = {key: nets[key] for key in known if asked.name in (None, key)}
        opened = open_sets(spec, wanted, output.line, output.status)
        sets = {key: replace(one, group=group) for key, one in opened.items()}
    asked.load(net, weights)
    if transform == "weights":
        sets = _as_trained(sets, weights, solver.random_seed if solver else 0, output)
    test_iter = solver.test_iter if solver else None
    scores = {key: measure_set(sets[key], wanted[key], test_iter) for key in wanted}
    for text in report(scores, {key: sets[key].classes for key in wanted}):
        output.line(text)
    return scores


def _as_trained(
    sets: dict[str, OpenSet], weights: str | Path, seed: int, output: Output
) -> dict[str, OpenSet]:
    """Return the sets with their images prepared as is stored with the weights."""
    kept = evaluation_with(weights)
    if kept is None:
        return sets
    prepared = {name: prepared_as(one, kept, str(weights), seed) for name, one in sets.items()}
    for _, note in prepared.values():
        if note:
            output.line(note)
    return {name: one for name, (one, _) in prepared.items()}
