"""Caffe's solver state: where a training stood, and what its update rule remembered.

```
SolverState                                  .solverstate, protobuf
/iter, /learned_net, /current_step, /history/<n>    .solverstate.h5
```
Of each parameter, in the order of the layers and those that never learn included, the history has
one array; of AdaDelta and Adam all first ones, then all second ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from protonet.caffe.hdf5_file import arrays_below, is_hdf5, opened
from protonet.errors import DataError
from protonet.protobuf import read_message
from protonet.protobuf.arrays import Array
from protonet.protobuf.schema import MESSAGES

SUFFIX = ".solverstate"
HDF5_SUFFIX = ".solverstate.h5"

_WORDS = "solverstate"


@dataclass(frozen=True, slots=True)
class SolverState:
    """A solver state as it was saved.

    Attributes:
        path: the file.
        iteration: updates made.
        weights: the file of the weights as it was called then; empty where none is named.
        current_step: how often a multistep policy had lowered the rate.
        history: of the update rule.
    """

    path: Path
    iteration: int
    weights: str
    current_step: int
    history: Sequence[Array]


def is_solver_state(path: Path) -> bool:
    """Return whether a file is a solver state of Caffe's, by its name."""
    return path.name.endswith((SUFFIX, HDF5_SUFFIX))


def read_solver_state(path: Path) -> SolverState:
    """Read a solver state.

    Raises: DataError if there is no such file, it is damaged, or it is something else.
    """
    state = _from_hdf5(path) if is_hdf5(path) else _from_protobuf(path)
    if state.iteration < 0:
        raise DataError(f"{path}: its iteration is {state.iteration}")
    return state


def _from_protobuf(path: Path) -> SolverState:
    parsed = read_message(path, "SolverState", _WORDS)
    message, field = parsed.message, MESSAGES["SolverState"]["history"].number
    if not message.HasField("iter"):
        raise DataError(f"{path} is no {_WORDS} of Caffe: it names no iteration")
    history = [
        parsed.array(blob, ((field, number),), f"history {number}")
        for number, blob in enumerate(message.history)
    ]
    weights = message.learned_net.decode("utf-8", "replace")
    return SolverState(path, message.iter, weights, message.current_step, history)


def _from_hdf5(path: Path) -> SolverState:
    with opened(path, _WORDS) as file:
        if "iter" not in file or "history" not in file:
            raise DataError(f"{path} is no {_WORDS} of Caffe: it has no iter and history")
        history = list(arrays_below(file["history"], path).values())
        step = int(_single(file["current_step"])) if "current_step" in file else 0
        weights = _single(file["learned_net"]) if "learned_net" in file else ""
        text = weights.decode("utf-8", "replace") if isinstance(weights, bytes) else str(weights)
        return SolverState(path, int(_single(file["iter"])), text, step, history)


def _single(dataset: Any) -> Any:
    """Return the only value of a data set; Caffe writes it as a list of one."""
    value = np.asarray(dataset[()]).reshape(-1)
    if value.size != 1:
        raise ValueError(f"{dataset.name} holds {value.size} values")
    return value[0]
