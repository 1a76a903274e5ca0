"""Every recorded solver of the real Caffe, followed step by step from its own prototxt."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

import protonet.pycaffe as caffe
from protonet.errors import NonFiniteError, UsageError
from protonet.pycaffe.telling import LOGGER
from tests.golden.cases import FOLDER, cases, load, under
from tests.pycaffe.prototxts import SOLVER, solver_of

ITERATIONS = 25


@pytest.mark.parametrize("name", cases("solvers", ".npz"))
def test_a_solver_follows_caffes_trajectory(name: str) -> None:
    recorded = load("solvers", name)
    solver = caffe.get_solver(str(FOLDER / "solvers" / f"{name}.solver.prototxt"))
    parameters = under("p/", recorded)
    blobs = {
        f"{layer}/{place}": blob
        for layer, held in solver.net.params.items()
        for place, blob in enumerate(held)
    }
    assert set(blobs) == set(parameters)
    for key, blob in blobs.items():
        blob.data[...] = parameters[key][0]

    for iteration in range(ITERATIONS):
        assert solver.lr == pytest.approx(float(recorded["lr"][iteration]), rel=1e-6)
        solver.step(1)
        assert solver.net.loss == pytest.approx(float(recorded["loss"][iteration]), rel=1e-5)
        for key, blob in blobs.items():
            wanted = parameters[key][iteration + 1]
            within = 1e-6 * np.abs(wanted).max()
            np.testing.assert_allclose(blob.data, wanted, rtol=0, atol=2 * within, err_msg=key)
    assert solver.iter == ITERATIONS


def test_the_loop_of_the_lenet_notebook(tmp_path: Path) -> None:
    solver = caffe.SGDSolver(str(solver_of(tmp_path, SOLVER.replace("test_interval: 4", ""))))
    losses, accuracies = np.zeros(40), np.zeros(40)
    solver.net.forward()
    solver.test_nets[0].forward()

    for it in range(40):
        solver.step(1)
        losses[it] = solver.net.blobs["loss"].data
        solver.test_nets[0].forward(start="ip")
        scores = solver.test_nets[0].blobs["ip"].data
        accuracies[it] = (scores.argmax(1) == solver.test_nets[0].blobs["label"].data).mean()

    # the three classes lie around three corners: nearly all are told apart, with a falling loss
    assert losses[:4].mean() > 1.5 * losses[-4:].mean()
    assert accuracies[-1] == 1
    assert solver.net.params["ip"][0].diff.shape == (3, 5)


def test_a_test_net_has_the_parameters_of_the_one_that_is_trained(tmp_path: Path) -> None:
    solver = caffe.SGDSolver(str(solver_of(tmp_path)))

    solver.net.params["ip"][1].data[...] = [1, 2, 3]

    assert solver.test_nets[0].params["ip"][1].data.tolist() == [1, 2, 3]
    assert list(solver.test_nets[0].blobs)[-2:] == ["loss", "accuracy"]


def test_updates_by_hand_are_those_of_step(tmp_path: Path) -> None:
    path = str(solver_of(tmp_path, SOLVER.replace("test_interval: 4", "")))
    stepping, by_hand = caffe.SGDSolver(path), caffe.SGDSolver(path)

    stepping.step(3)
    for _ in range(3):
        by_hand.net.clear_param_diffs()
        by_hand.net.forward()
        by_hand.net.backward()
        by_hand.apply_update()

    assert by_hand.iter == stepping.iter == 3
    for ours, theirs in zip(by_hand.net.params["ip"], stepping.net.params["ip"], strict=True):
        np.testing.assert_array_equal(ours.data, theirs.data)


def test_the_rate_can_be_changed(tmp_path: Path) -> None:
    solver = caffe.SGDSolver(str(solver_of(tmp_path)))

    assert solver.lr == pytest.approx(0.1)
    assert (solver.base_lr, solver.max_iter) == (0.1, 6)
    solver.base_lr = 0.4
    solver.iter = 2

    assert solver.lr == pytest.approx(0.4 * 0.5)  # gamma 0.5 every 2 iterations


def test_callbacks_are_called_around_the_gradients(tmp_path: Path) -> None:
    solver = caffe.SGDSolver(str(solver_of(tmp_path, SOLVER.replace("test_interval: 4", ""))))
    seen: list[tuple[str, float]] = []

    def gradient() -> float:
        return float(np.abs(solver.net.params["ip"][0].diff).sum())

    solver.add_callback(
        lambda: seen.append(("start", gradient())), lambda: seen.append(("ready", gradient()))
    )
    solver.step(2)

    assert [name for name, _ in seen] == ["start", "ready", "start", "ready"]
    assert seen[0][1] == seen[2][1] == 0
    assert min(seen[1][1], seen[3][1]) > 0


def test_the_log_reads_as_caffes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    solver = caffe.SGDSolver(str(solver_of(tmp_path)))
    with caplog.at_level(logging.INFO, logger=LOGGER.name):
        solver.solve()

    lines = [record.getMessage().split(" = ")[0] for record in caplog.records]
    test = ["    Test net output #0: accuracy", "    Test net output #1: loss"]
    train = "    Train net output #0: loss"
    assert lines == [
        "Iteration 0, Testing net (#0)", *test,
        "Iteration 0, loss", train, "Iteration 0, lr",
        "Iteration 3, loss", train, "Iteration 3, lr",
        "Iteration 4, Testing net (#0)", *test,
        "Iteration 6, loss", train, "Iteration 6, lr",
    ]  # fmt: skip
    assert "(* 1 = " in caplog.text
    assert (tmp_path / "solver_iter_6.solverstate").exists()


def test_an_update_by_no_number_is_refused(tmp_path: Path) -> None:
    solver = caffe.SGDSolver(str(solver_of(tmp_path)))
    before = solver.net.params["ip"][0].data.copy()
    solver.net.params["ip"][0].diff[0, 0] = np.nan

    with pytest.raises(NonFiniteError) as caught:
        solver.apply_update()

    assert str(caught.value) == (
        "iteration 0: a gradient is infinite or not a number, and the update was not made; a "
        "smaller base_lr may help"
    )
    np.testing.assert_array_equal(solver.net.params["ip"][0].data, before)
    assert solver.iter == 0


def test_refuses_to_step_back(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        caffe.SGDSolver(str(solver_of(tmp_path))).step(-1)

    assert str(caught.value) == "step(-1): a number of updates from 0 on"
