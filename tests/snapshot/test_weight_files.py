from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from protonet.errors import DataError, SnapshotError
from protonet.snapshot.folder import Snapshots
from protonet.snapshot.weight_files import read_weights
from tests.protobuf.wire import blob, layer
from tests.snapshot.test_state import state

ARRAYS = {"ip/weight": np.arange(6, dtype=np.float32).reshape(2, 3)}


def as_safetensors(folder: Path) -> Path:
    safetensors.numpy.save_file(ARRAYS, folder / "w.safetensors")
    return folder / "w.safetensors"


def as_npz(folder: Path) -> Path:
    np.savez(folder / "w.npz", **ARRAYS)  # type: ignore[arg-type]  # numpy types the next argument
    return folder / "w.npz"


def as_run(folder: Path) -> Path:
    tensors = {name: torch.from_numpy(array) for name, array in ARRAYS.items()}
    Snapshots(folder / "snapshots").write(state(1), {"ip/weight": torch.zeros(1)}, {})
    Snapshots(folder / "snapshots").write(state(2), tensors, {})
    return folder


def as_snapshot(folder: Path) -> Path:
    return as_run(folder) / "snapshots" / "iter_2"


@pytest.mark.parametrize("write", [as_safetensors, as_npz, as_run, as_snapshot])
def test_every_kind_of_file_gives_its_arrays_by_name(write: object, tmp_path: Path) -> None:
    assert callable(write)
    weights = read_weights(write(tmp_path))
    assert list(weights) == ["ip/weight"]
    assert weights["ip/weight"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("w.npz", None, "there is no such file"),
        ("w.safetensors", None, "there is no such file"),
        ("w.npz", b"not a zip", "the weights are damaged, or no npz file"),
        ("w.npz", b"", "the weights are damaged, or no npz file"),
        ("w.safetensors", b"12345678901", "the weights are damaged, or no safetensors file"),
        ("w.safetensors", b"", "the weights are damaged, or no safetensors file"),
        (
            "w.pt",
            b"",
            "weights are a .safetensors, .npz or .caffemodel file, a snapshot's folder or a run's",
        ),
    ],
)
def test_refuses_what_holds_no_weights(
    name: str, content: bytes | None, why: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_weights(path)
    assert str(caught.value) == f"{path}: {why}"


def test_refuses_pickled_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", odd=np.array([{}], dtype=object))
    with pytest.raises(DataError, match=r"w\.npz: the weights are damaged, or no npz file$"):
        read_weights(tmp_path / "w.npz")


def test_refuses_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_weights(tmp_path)
    assert str(caught.value) == f"{tmp_path}: neither a snapshot nor a run that has one"


def test_refuses_a_run_whose_newest_snapshot_is_damaged(tmp_path: Path) -> None:
    (as_snapshot(tmp_path) / "weights.safetensors").write_bytes(b"")
    with pytest.raises(SnapshotError) as caught:
        read_weights(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/snapshots/iter_2: the snapshot is damaged: weights.safetensors: its checksum "
        "is another"
    )


def test_caffes_weights_are_read_by_layer_and_number(tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(layer("ip", blob((1, 2), 3, 4), blob((1,), 5)))

    found = read_weights(path)

    assert {name: tensor.tolist() for name, tensor in found.items()} == {
        "ip/0": [[3, 4]],
        "ip/1": [5],
    }
