"""Snapshots: written and read by us, and those that the real Caffe wrote at iteration 12."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import protonet.pycaffe as caffe
from protonet.caffe.solver_state import read_solver_state
from protonet.errors import DataError, StorageError
from tests.golden.cases import FOLDER, load, under
from tests.pycaffe.prototxts import SOLVER, solver_of

PLAIN = SOLVER.replace("test_interval: 4", "").replace("test_iter: 3", "")


def weights(solver: caffe.Solver) -> list[list[float]]:
    return [blob.data.tolist() for blob in solver.net.params["ip"]]


@pytest.mark.parametrize(("form", "ending"), [("BINARYPROTO", ""), ("HDF5", ".h5")])
@pytest.mark.parametrize("rule", ["SGD", "Adam"])
def test_a_training_goes_on_where_it_stopped(
    rule: str, form: str, ending: str, tmp_path: Path
) -> None:
    text = PLAIN.replace('"SGD"', f'"{rule}"') + f"snapshot_format: {form}\n"
    path = str(solver_of(tmp_path, text + f'snapshot_prefix: "{tmp_path}/snap"\n'))
    whole = caffe.get_solver(path)
    whole.step(3)
    whole.snapshot()
    whole.step(3)

    rest = caffe.get_solver(path)
    rest.restore(f"{tmp_path}/snap_iter_3.solverstate{ending}")
    assert rest.iter == 3
    rest.net.forward()  # Caffe's snapshots do not hold the place in the data: three batches on
    rest.net.forward()
    rest.net.forward()
    rest.step(3)

    assert weights(rest) == weights(whole)


def test_what_is_in_a_state(tmp_path: Path) -> None:
    text = PLAIN.replace('lr_policy: "step" gamma: 0.5 stepsize: 2', "")
    text += 'lr_policy: "multistep" gamma: 0.5 stepvalue: 1 stepvalue: 2 stepvalue: 9\n'
    solver = caffe.SGDSolver(str(solver_of(tmp_path, text)))
    solver.step(2)
    solver.snapshot()

    state = read_solver_state(tmp_path / "solver_iter_2.solverstate")

    assert (state.iteration, state.current_step) == (2, 2)
    assert state.weights == str(tmp_path / "solver_iter_2.caffemodel")
    assert [array.shape for array in state.history] == [(3, 5), (3,)]
    assert all(np.abs(array).max() > 0 for array in state.history)


@pytest.mark.parametrize("name", ["nesterov_wd", "adam_wd", "policy_multistep"])
@pytest.mark.parametrize("ending", ["", "_h5"])
def test_goes_on_from_caffes_own_snapshot(name: str, ending: str, reference: Path) -> None:
    folder = reference / "golden" / "solvers" / "snapshots"
    state = f"{name}{ending}_iter_12.solverstate{'.h5' if ending else ''}"
    if not (folder / state).exists() or not (FOLDER / "solvers" / f"{name}.npz").exists():
        pytest.skip(f"{state} is not in the reference")
    recorded = load("solvers", name)
    solver = caffe.get_solver(str(FOLDER / "solvers" / f"{name}.solver.prototxt"))

    solver.restore(str(folder / state))
    for _ in range(solver.iter):
        solver.net.forward(end="data")  # the batches that were taken by then

    for iteration in range(solver.iter, 25):
        solver.step(1)
        for key, wanted in under("p/", recorded).items():
            layer, _, place = key.rpartition("/")
            blob = solver.net.params[layer][int(place)]
            np.testing.assert_allclose(
                blob.data, wanted[iteration + 1], rtol=0, atol=3e-6 * np.abs(wanted).max()
            )


def test_a_state_of_another_net(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = solver_of(tmp_path / "other", PLAIN.replace('"SGD"', '"Adam"'))
    caffe.get_solver(str(other)).snapshot()
    solver = caffe.SGDSolver(str(solver_of(tmp_path, PLAIN)))

    with pytest.raises(DataError) as caught:
        solver.restore(tmp_path / "other" / "solver_iter_0.solverstate")

    assert str(caught.value) == (
        f"{tmp_path}/other/solver_iter_0.solverstate: its history has 4 arrays, and this update "
        "rule remembers 1 of each of the net's 2 parameters"
    )


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    text = PLAIN + f'snapshot_prefix: "{tmp_path}/gone/snap"\n'
    solver = caffe.SGDSolver(str(solver_of(tmp_path, text)))

    with pytest.raises(StorageError) as caught:
        solver.snapshot()

    assert str(caught.value) == (
        f"{tmp_path}/gone/snap_iter_0.caffemodel cannot be written: No such file or directory"
    )
