from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from protonet.caffe.solver_state import is_solver_state, read_solver_state
from protonet.errors import DataError
from tests.protobuf.wire import blob, held, whole


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as error:
        read_solver_state(path)
    return str(error.value)


def test_a_state_is_read(tmp_path: Path) -> None:
    file = tmp_path / "x.solverstate"
    history = held(3, blob((2,), 1, 2)) + held(3, blob((1, 1), 3))
    file.write_bytes(whole(1, 5000) + held(2, b"x.caffemodel") + history + whole(4, 3))

    state = read_solver_state(file)

    assert (state.path, state.iteration, state.weights) == (file, 5000, "x.caffemodel")
    assert state.current_step == 3
    assert [array.tolist() for array in state.history] == [[1, 2], [[3]]]


def test_hdf5_holds_the_same(tmp_path: Path) -> None:
    file = tmp_path / "x.solverstate.h5"
    with h5py.File(file, "w") as written:
        written["iter"], written["current_step"] = [5000], 3  # Caffe writes lists of one
        written["learned_net"] = "x.caffemodel.h5"
        for number in range(11):
            written[f"history/{number}"] = np.full(1, number, np.float32)

    state = read_solver_state(file)

    assert (state.iteration, state.weights, state.current_step) == (5000, "x.caffemodel.h5", 3)
    assert [float(array[0]) for array in state.history] == list(range(11))


def test_caffes_own_states_in_both_forms_hold_the_same(reference: Path) -> None:
    folder = reference / "golden" / "solvers" / "snapshots"
    for case in ("sgd_wd", "adam_wd", "adadelta_wd"):
        found = read_solver_state(folder / f"{case}_iter_12.solverstate")
        same = read_solver_state(folder / f"{case}_h5_iter_12.solverstate.h5")
        assert found.iteration == same.iteration == 12
        pairs = zip(found.history, same.history, strict=True)
        assert all(np.array_equal(one, other) for one, other in pairs)


def test_lenets_state_of_2014_is_read(reference: Path) -> None:
    state = read_solver_state(reference / "models" / "lenet_2014" / "lenet_iter_10000.solverstate")

    assert state.iteration == 10_000
    assert state.weights == "examples/mnist/lenet_iter_10000.caffemodel"
    assert [array.shape for array in state.history[:2]] == [(20, 1, 5, 5), (1, 1, 1, 20)]
    assert len(state.history) == 8


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.solverstate"
    file.write_bytes(held(2, b"x"))
    assert refusal(file) == f"{file} is no solverstate of Caffe: it names no iteration"

    file.write_bytes(whole(1, 2**64 - 5))
    assert refusal(file) == f"{file}: its iteration is -5"

    file.write_bytes(whole(1, 5) + held(3, blob((3,), 1)))
    assert refusal(file) == f"{file}: history 0: its shape (3,) does not fit its 1 numbers"

    with h5py.File(file, "w") as written:
        written["data"] = [1.0]
    assert refusal(file) == f"{file} is no solverstate of Caffe: it has no iter and history"


def test_states_are_known_by_their_names() -> None:
    assert is_solver_state(Path("x_iter_5.solverstate"))
    assert is_solver_state(Path("x_iter_5.solverstate.h5"))
    assert not is_solver_state(Path("x.caffemodel"))
