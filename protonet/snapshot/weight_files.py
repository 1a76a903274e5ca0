"""Files that hold weights: safetensors, npz, Caffe's, snapshots, runs. None is read through
pickle."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from protonet.caffe.caffemodel import is_caffemodel, read_caffemodel
from protonet.errors import DataError
from protonet.snapshot.folder import Snapshots
from protonet.snapshot.format import WEIGHTS, Snapshot, read_snapshot


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the arrays of a file by name, on the CPU.

    Args:
        path: a .safetensors or .npz file, a .caffemodel of Caffe's (`layer/number`), a snapshot's
            folder, or a run's.

    Raises: DataError if there is no such file, or it is of another kind or damaged; SnapshotError
        if a snapshot is damaged.
    """
    if os.path.isdir(path):
        return snapshot_in(path).weights
    if not os.path.lexists(path):
        raise DataError(f"{path}: there is no such file")
    if is_caffemodel(path):
        return {name: torch.from_numpy(array) for name, array in read_caffemodel(path).items()}
    if path.suffix not in (".safetensors", ".npz"):
        raise DataError(
            f"{path}: weights are a .safetensors, .npz or .caffemodel file, a snapshot's folder or "
            "a run's"
        )
    try:
        return _from_npz(path) if path.suffix == ".npz" else safetensors.torch.load_file(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # what NumPy and zipfile raise for a damaged file has no end
        raise DataError(f"{path}: the weights are damaged, or no {path.suffix[1:]} file") from error


def _from_npz(path: Path) -> dict[str, Tensor]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise ValueError("an .npy file under another name")
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def snapshot_in(path: Path) -> Snapshot:
    """Return a snapshot, or the newest of a run.

    Args:
        path: its folder, or the run's.

    Raises: DataError if there is none; SnapshotError if it is damaged.
    """
    if os.path.isfile(path / WEIGHTS):
        return read_snapshot(path)
    snapshots = Snapshots(path / "snapshots")
    iterations = snapshots.iterations()
    if not iterations:
        raise DataError(f"{path}: neither a snapshot nor a run that has one")
    # Not the one before a damaged one: whoever names a run wants its last weights, not others.
    return read_snapshot(snapshots.at(iterations[-1]))
