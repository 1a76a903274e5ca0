"""Caffe's own snapshots after 12 of 25 iterations: what follows is what followed in Caffe."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import torch

from protonet.caffe import Shapes, import_solver
from protonet.caffe.solver_state import read_solver_state
from protonet.net import Net
from protonet.optim import OPTIMIZERS
from protonet.run.caffe_state import remember, weights_beside
from protonet.schema import check_spec, located
from protonet.snapshot import load_weights
from protonet.solver import Solver
from protonet.step.objective import Objective
from tests.golden.cases import FOLDER, Comparison, load, parameters
from tests.golden.test_solvers import batches, compare_history, update_of

CASES = ("adam_wd", "nesterov_wd", "policy_multistep")
"""Those whose 25 iterations were recorded, too."""


@pytest.mark.parametrize("ending", ["_iter_12.solverstate", "_h5_iter_12.solverstate.h5"])
@pytest.mark.parametrize("name", CASES)
def test_training_goes_on_as_in_caffe(name: str, ending: str, reference: Path) -> None:
    state = read_solver_state(reference / "golden" / "solvers" / "snapshots" / f"{name}{ending}")
    arrays, found = load("solvers", name), Comparison()
    fed = [blob for blob in ("data", "label", "target") if blob in arrays]
    shapes: Shapes = {blob: arrays[blob].shape[1:] for blob in fed}
    spec = check_spec(import_solver(FOLDER / "solvers" / f"{name}.solver.prototxt", shapes).origin)
    assert spec.solver is not None
    with located(spec):
        net = Net(spec.net, "train")
    assert load_weights(net, weights_beside(state)).left == ()
    rule = spec.solver.optimizer
    optimizer = OPTIMIZERS[rule.type].build(rule.params, net.learnable)
    remember(optimizer, net, state)
    objective = Objective(net.graph_module, net.total_loss, net.learnable)
    update = update_of(spec.solver, objective, optimizer)
    solver = Solver([update], islice(batches(net, arrays), state.iteration, None))
    solver.iteration = state.iteration

    for iteration in range(state.iteration, len(arrays["loss"])):
        step = solver.step()
        at = f" at iteration {iteration}"
        found.add_lists(f"lr{at}", [step.lr], [arrays["lr"][iteration]], 1e-7)
        found.add(f"loss{at}", torch.as_tensor(step.loss), arrays["loss"][iteration], 1e-5)
        for key, tensor in parameters(net).items():
            found.add(f"{key} after{at}", tensor, arrays[f"p/{key}"][iteration + 1], 1e-6)

    assert state.iteration == 12
    compare_history(net, optimizer, arrays, found)
    found.require_none()
