from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from protonet.caffe.solver_state import SolverState
from protonet.distributed.sharding import Sharding
from protonet.errors import DataError, UsageError
from protonet.optim import OPTIMIZERS
from protonet.run.caffe_state import caffes_snapshot, remember, weights_beside
from protonet.run.job import prepare
from tests.small import small_net, small_spec

SHAPES = {
    "hidden/weight": (5, 6),
    "hidden/bias": (5,),
    "scores/weight": (3, 5),
    "scores/bias": (3,),
}


def history(buffers: int) -> list[npt.NDArray[np.float32]]:
    """Return a history in which each array holds its place, with Caffe's old shapes."""
    shapes = list(SHAPES.values()) * buffers
    return [
        np.full((1,) * (4 - len(shape)) + shape, place, np.float32)
        for place, shape in enumerate(shapes)
    ]


def state(arrays: list[npt.NDArray[np.float32]], path: Path = Path("x.solverstate")) -> SolverState:
    return SolverState(path, 40, "far/x.caffemodel", 0, arrays)


def test_buffers_are_found_by_the_order_of_the_layers(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    adam = OPTIMIZERS["Adam"].build(OPTIMIZERS["Adam"].params(), net.learnable)

    remember(adam, net, state(history(2)))

    found = adam.state()
    assert int(found.pop("steps")) == 40
    assert {name: (tuple(one.shape), float(one.flatten()[0])) for name, one in found.items()} == {
        f"{kind}/{name}": (shape, first + place)
        for kind, first in (("history", 0), ("history2", 4))
        for place, (name, shape) in enumerate(SHAPES.items())
    }


def test_a_rule_that_remembers_nothing_takes_any_history(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    sgd = OPTIMIZERS["SGD"].build(OPTIMIZERS["SGD"].params(), net.learnable)

    remember(sgd, net, state(history(1)))

    assert sgd.state() == {}


def test_a_history_of_another_rule_or_net_is_refused(tmp_path: Path) -> None:
    net = small_net(tmp_path)
    adam = OPTIMIZERS["Adam"].build(OPTIMIZERS["Adam"].params(), net.learnable)

    with pytest.raises(DataError) as error:
        remember(adam, net, state(history(1)))
    assert str(error.value) == (
        "x.solverstate: its history has 4 arrays, and this update rule remembers 2 of each of the "
        "net's 4 parameters"
    )

    other = history(2)
    other[2] = np.zeros((3, 6), np.float32)
    with pytest.raises(DataError) as error:
        remember(adam, net, state(other))
    assert str(error.value) == ("x.solverstate: its history of scores/weight is (3, 6), not (3, 5)")


def test_a_job_stands_where_caffe_left_it(tmp_path: Path) -> None:
    job = prepare(small_spec(tmp_path, more="iter_size: 2"), None, lambda text: None)

    snapshot = caffes_snapshot(job, state(history(1)), {"name": "small"})

    assert (snapshot.state.iteration, snapshot.state.position) == (40, 80)
    assert snapshot.state.spec == {"name": "small"}
    assert set(snapshot.weights) == set(SHAPES)
    assert torch.equal(snapshot.optimizer["history/scores/bias"], torch.full((3,), 3.0))


def test_several_rules_have_no_state_in_caffe(tmp_path: Path) -> None:
    rules = ", ".join(
        f"{{losses: [loss], params: ['{layer}/*'], optimizer: SGD}}"
        for layer in ("hidden", "scores")
    )
    more = f"updates: [{rules}]"
    job = prepare(small_spec(tmp_path, more=more), None, lambda text: None)

    with pytest.raises(UsageError) as error:
        caffes_snapshot(job, state(history(1)), {})
    assert str(error.value) == (
        "x.solverstate: it is of one update rule, and solver.updates has several"
    )


def test_no_process_takes_all_of_a_state_that_is_shared_out(tmp_path: Path) -> None:
    job = prepare(small_spec(tmp_path), None, lambda text: None)
    shared = replace(job, sharding=Sharding(job.group, {}))
    with pytest.raises(UsageError) as error:
        caffes_snapshot(shared, state(history(1)), {})
    assert str(error.value) == (
        "x.solverstate: under solver.parallel: fsdp no process could take all of it; go on from it "
        "under ddp: any snapshot of that run goes on under fsdp"
    )


def test_weights_are_looked_for_here_and_beside_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    saved = state([], tmp_path / "x.solverstate")

    with pytest.raises(DataError) as error:
        weights_beside(saved)
    assert str(error.value) == (
        f"{tmp_path}/x.solverstate: its weights, far/x.caffemodel, are neither here nor beside it; "
        "name them: --weights FILE"
    )
    (tmp_path / "x.caffemodel").touch()
    assert weights_beside(saved) == tmp_path / "x.caffemodel"
    Path("far").mkdir()
    Path("far/x.caffemodel").touch()
    assert weights_beside(saved) == Path("far/x.caffemodel")
