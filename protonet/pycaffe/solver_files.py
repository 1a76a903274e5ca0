"""Snapshots of a solver as Caffe writes them: `…_iter_N.caffemodel` and `…_iter_N.solverstate`.

Source: Caffe, solver.cpp and sgd_solver.cpp, SnapshotSolverStateToBinaryProto and …ToHDF5.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from protonet.caffe.solver_state import read_solver_state
from protonet.errors import StorageError
from protonet.optim.rule import BUFFERS
from protonet.pycaffe.memory import Array
from protonet.pycaffe.proto.messages import classes
from protonet.run.caffe_state import remember, weights_beside

if TYPE_CHECKING:
    from protonet.pycaffe.solver import Solver

_HDF5, _BINARY = 0, 1


def write(solver: Solver) -> None:
    """Write weights and state.

    Raises: StorageError if they cannot be written.
    """
    is_hdf5 = solver.param.snapshot_format == _HDF5
    begin, ending = f"{solver.files_begin}_iter_{solver.iter}", ".h5" if is_hdf5 else ""
    weights, state = Path(f"{begin}.caffemodel{ending}"), Path(f"{begin}.solverstate{ending}")
    if is_hdf5:
        solver.net.save_hdf5(weights, write_diff=solver.param.snapshot_diff)
    else:
        solver.net.save(weights)
    try:
        if is_hdf5:
            _write_hdf5(solver, weights, state)
        else:
            _write_binary(solver, weights, state)
    except OSError as error:
        raise StorageError(f"{state} cannot be written: {error.strerror or error}") from error


def read(solver: Solver, path: Path) -> None:
    """Go on from a state, and the weights that it names.

    Raises: DataError if it is damaged, or of another net or update rule.
    """
    state = read_solver_state(path)
    remember(solver.optimizer, solver.net.core, state)
    if state.weights:
        solver.net.copy_from(weights_beside(state))
    solver.iter = state.iteration


def _write_binary(solver: Solver, weights: Path, path: Path) -> None:
    message = classes()["SolverState"](iter=solver.iter, learned_net=str(weights))
    message.current_step = _current_step(solver)
    for array in _history(solver):
        blob = message.history.add()
        blob.shape.dim.extend(array.shape)
        blob.data.extend(array.reshape(-1))
    path.write_bytes(message.SerializeToString())


def _write_hdf5(solver: Solver, weights: Path, path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file["iter"] = np.array([solver.iter], np.int32)
        file["learned_net"] = str(weights)
        file["current_step"] = np.array([_current_step(solver)], np.int32)
        history = file.create_group("history")
        for number, array in enumerate(_history(solver)):
            history[str(number)] = array


def _history(solver: Solver) -> Iterator[Array]:
    """Yield what the rule remembers of every parameter, zeros of those that learn nothing: all
    first arrays, then all second."""
    state, tensors = solver.optimizer.state(), solver.net.core.named_tensors()
    kinds = [kind for kind in BUFFERS if any(key.startswith(f"{kind}/") for key in state)]
    for kind in kinds or BUFFERS[:1]:
        for name, tensor in tensors.items():
            held = state.get(f"{kind}/{name}")
            yield np.zeros(tensor.shape, np.float32) if held is None else held.cpu().numpy()


def _current_step(solver: Solver) -> int:
    """Return how often a multistep policy has lowered the rate."""
    return sum(step <= solver.iter for step in solver.param.stepvalue)
