"""Every recorded solver case: 25 iterations of Caffe's, followed step by step by the real solver.

Batch j holds rows 4j to 4j+3 of the 12, wrapping; `p/<layer>/<i>[k]` is a parameter after k
iterations.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import torch

from protonet.caffe import Shapes, import_solver
from protonet.lr_policy import LR_POLICIES
from protonet.net import Net
from protonet.optim import OPTIMIZERS, Optimizer, lists
from protonet.schema import Spec, check_spec, located
from protonet.solver import Solver
from protonet.spec.solver import SolverSpec
from protonet.step.objective import Objective
from protonet.step.update import Limits, Update
from tests.golden.cases import (
    FOLDER,
    Arrays,
    Comparison,
    cases,
    load,
    parameters,
    set_parameters,
    under,
)

ROWS = 4
"""Records in a batch."""


def test_all_recorded_cases_are_here() -> None:
    kinds = [name.partition("_")[0] for name in cases("solvers", ".npz")]
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    assert counts == {  # those of the reference's INDEX.json
        "adadelta": 5,
        "adagrad": 7,
        "adam": 7,
        "nesterov": 7,
        "policy": 7,
        "rmsprop": 4,
        "sgd": 10,
    }


@pytest.mark.parametrize("devices", [lists.FUSED_DEVICES, frozenset()], ids=["fused", "other"])
@pytest.mark.parametrize("name", cases("solvers", ".npz"))
def test_a_solver_follows_caffes_trajectory(
    name: str, devices: frozenset[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "FUSED_DEVICES", devices)
    arrays = load("solvers", name)
    meta = json.loads(str(arrays["meta"]))
    fed = [blob for blob in ("data", "label", "target") if blob in arrays]
    shapes: Shapes = {blob: arrays[blob].shape[1:] for blob in fed}
    imported = import_solver(FOLDER / "solvers" / f"{name}.solver.prototxt", shapes)
    spec = check_spec(imported.origin)
    found = Comparison()

    net, optimizer = follow(spec, arrays, meta["n_iter"], found)

    compare_history(net, optimizer, arrays, found)
    found.require_none()


def compare_history(net: Net, optimizer: Optimizer, arrays: Arrays, found: Comparison) -> None:
    """Compare what is remembered in the end: Caffe lists all first buffers, then all second."""
    saved = optimizer.state()
    names = {id(slot.tensor): slot.name for slot in net.learnable}
    tensors = list(parameters(net).values())
    for place, tensor in enumerate(tensors):
        for kind, start in (("history", 0), ("history2", len(tensors))):
            history = saved.get(f"{kind}/{names.get(id(tensor))}")
            if history is not None:  # none at lr_mult 0, and none without momentum
                key = f"history_final/{start + place:02d}"
                found.add(key, history, arrays[key], 1e-5)


def follow(spec: Spec, arrays: Arrays, iterations: int, found: Comparison) -> tuple[Net, Optimizer]:
    """Train as recorded and compare rate, loss and parameters of every iteration."""
    assert spec.solver is not None
    with located(spec):
        net = Net(spec.net, "train")
    set_parameters(net, {name: array[0] for name, array in under("p/", arrays).items()})
    rule = spec.solver.optimizer
    optimizer = OPTIMIZERS[rule.type].build(rule.params, net.learnable)
    objective = Objective(net.graph_module, net.total_loss, net.learnable)
    update = update_of(spec.solver, objective, optimizer)
    solver = Solver([update], batches(net, arrays))
    for iteration in range(iterations):
        step = solver.step()
        at = f" at iteration {iteration}"
        found.add_lists(f"lr{at}", [step.lr], [arrays["lr"][iteration]], 1e-7)
        last = net.total_loss(step.outputs)  # recorded is the last of the `iter_size` batches
        found.add(f"loss{at}", last, arrays["loss"][iteration], 1e-5)
        for name, tensor in parameters(net).items():
            found.add(f"{name} after{at}", tensor, arrays[f"p/{name}"][iteration + 1], 1e-6)
    assert solver.applied == iterations
    return net, optimizer


def update_of(solver: SolverSpec, objective: Objective, optimizer: Optimizer) -> Update:
    """Return what the solver section says of the update."""
    assert isinstance(solver.max_iter, int)
    policy = LR_POLICIES[solver.lr_policy.type]
    rate = policy.build(solver.lr_policy.params, solver.base_lr, solver.max_iter)
    limits = Limits(norm=solver.clip_gradients)
    return Update(objective, optimizer, rate, solver.iter_size, limits)


def batches(net: Net, arrays: Arrays) -> Iterator[tuple[torch.Tensor, ...]]:
    """Yield batches for ever, as tensors in the order of the net's inputs."""
    sets = {
        blob: torch.from_numpy(arrays[blob]).to(getattr(torch, spec.dtype))
        for blob, spec in net.input_specs.items()
    }
    start = 0
    while True:
        rows = [(start + row) % len(arrays["data"]) for row in range(ROWS)]
        yield tuple(values[rows] for values in sets.values())
        start += ROWS
