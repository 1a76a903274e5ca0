"""Tests weights on evaluation sets, without training."""

from __future__ import annotations

from pathlib import Path

from protonet.errors import PathError, UsageError
from protonet.evaluate import line
from protonet.net import Net
from protonet.records import suggestion
from protonet.run.evaluator import Scores, measure_set
from protonet.run.folder import newest_run
from protonet.run.job import test_nets
from protonet.run.machine import choose_device, memory_errors, set_threads
from protonet.run.output import Output
from protonet.run.sets import open_sets
from protonet.schema import Spec, located
from protonet.snapshot import load_weights
from protonet.spec.data import evaluation_sets


def measure(
    spec: Spec, weights: Path | None, name: str | None, output: Output
) -> dict[str, Scores]:
    """Return the losses and metrics of weights on evaluation sets.

    Args:
        spec: the net and its data.
        weights: a file, a snapshot or a run; None: the newest run of the spec's name.
        name: the set; None: every set but `train`.
        output: shows where the weights came from, and a line per set.

    Raises: UsageError if there is no such set or no run; DataError if the weights do not fit;
        SpecError if the data do not; DeviceError if the device is absent or out of memory.
    """
    known = evaluation_sets(spec.data)
    if name is not None and name not in known:
        raise UsageError(f"the spec has no evaluation set {name}; {suggestion(name, known)}")
    weights = weights or _newest(spec)
    with memory_errors():
        scores = _measured(spec, weights, name, output)
    for key, measured in scores.items():
        output.line(line(key, measured))
    return scores


def _measured(spec: Spec, weights: Path, name: str | None, output: Output) -> dict[str, Scores]:
    known = evaluation_sets(spec.data)
    with located(spec):
        if not known:
            raise PathError("PN042", ("data",), "there is no evaluation set, such as data.test")
        solver = spec.solver
        set_threads(solver)
        layout = solver.channels_last if solver else None
        net = Net(spec.net, "train", device=choose_device(solver), channels_last=layout)
        nets = test_nets(spec, net)
        wanted = {key: nets[key] for key in known if name in (None, key)}
        sets = open_sets(spec, wanted, output.line, output.status)
    for text in load_weights(net, weights).lines():
        output.line(text)
    test_iter = solver.test_iter if solver else None
    return {key: measure_set(sets[key], wanted[key], test_iter) for key in wanted}


def _newest(spec: Spec) -> Path:
    folder = newest_run(spec.run_name, None)
    if folder is None:
        raise UsageError(
            f"there is no run of {spec.run_name} in the current folder; name the weights: "
            "--weights FILE"
        )
    return folder.path
