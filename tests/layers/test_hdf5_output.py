from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest
import torch

from protonet.errors import StorageError
from protonet.layers.hdf5_output import HDF5_OUTPUT, HDF5Output
from protonet.layers.record import Blob
from tests.layers.building import build, refusal


def writer(file: Path, *bottoms: torch.Tensor) -> HDF5Output:
    module = build(HDF5_OUTPUT, *bottoms, tops=0, file_name=str(file))
    assert isinstance(module, HDF5Output)
    return module


def content(file: Path) -> dict[str, Any]:
    with h5py.File(file) as opened:
        return {name: opened[name][()].tolist() for name in opened}


def test_batches_are_appended_until_the_file_is_finished(tmp_path: Path) -> None:
    file = tmp_path / "out.h5"
    data, labels = torch.arange(6.0).view(3, 2), torch.tensor([5, 6, 7])
    module = writer(file, data, labels)

    assert module(data, labels) == ()
    module(data[:1] + 10, labels[:1])
    assert not file.exists()
    module.finish()

    assert content(file) == {
        "data": [[0, 1], [2, 3], [4, 5], [10, 11]],
        "label": [5, 6, 7, 5],
    }
    assert [one.name for one in tmp_path.iterdir()] == ["out.h5"]


def test_types_are_kept_where_hdf5_has_them(tmp_path: Path) -> None:
    file = tmp_path / "out.h5"
    data, labels = torch.ones(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.uint8)
    module = writer(file, data, labels)
    module(data, labels)
    module.finish()
    with h5py.File(file) as opened:
        assert (opened["data"].dtype, opened["label"].dtype) == ("float32", "uint8")


def test_the_next_pass_replaces_the_file_once_it_is_over(tmp_path: Path) -> None:
    file = tmp_path / "out.h5"
    one, other = torch.ones(1), torch.zeros(2)
    module = writer(file, one, one)
    module(one, one)
    module.finish()
    module(other, other)
    assert content(file)["data"] == [1]
    module.finish()
    assert content(file)["data"] == [0, 0]
    module.finish()  # nothing passed: nothing changes
    assert content(file)["data"] == [0, 0]


def test_a_pass_that_failed_leaves_what_was_there(tmp_path: Path) -> None:
    file, one = tmp_path / "out.h5", torch.ones(1)
    module = writer(file, one, one)
    module.discard()
    module(one, one)
    module.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "ending", ["", "; raise SystemExit(3)", "; import os; os.kill(os.getpid(), 9)"]
)
def test_a_file_is_whole_when_the_program_ends_and_absent_when_it_is_killed(
    tmp_path: Path, ending: str
) -> None:
    program = (
        "import torch; from pathlib import Path;"
        "from protonet.layers.hdf5_output import HDF5Output;"
        "module = HDF5Output(Path('out.h5').absolute());"
        f"module(torch.ones(2), torch.ones(2)){ending}"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    file = tmp_path / "out.h5"
    if "kill" in ending:
        assert not file.exists()
    else:
        assert content(file) == {"data": [1, 1], "label": [1, 1]}


def test_a_module_that_is_forgotten_finishes_its_file(tmp_path: Path) -> None:
    file, one = tmp_path / "out.h5", torch.ones(1)
    writer(file, one, one)(one, one)
    assert content(file)["data"] == [1]


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    file, one = tmp_path / "none" / "out.h5", torch.ones(1)
    with pytest.raises(StorageError) as caught:
        writer(file, one, one)(one, one)
    assert str(caught.value) == f"{file}: cannot be written: No such file or directory"


@pytest.mark.parametrize("shapes", [((2, 3), (3,)), ((), ()), ((2,), ())])
def test_refuses_bottoms_without_the_same_samples(shapes: tuple[tuple[int, ...], ...]) -> None:
    first, second = map(Blob, shapes)
    place, wrong = (1, second) if first.shape else (0, first)
    assert refusal(HDF5_OUTPUT, first, second, file_name="out.h5") == (
        f"bottom {place} of shape {wrong} has not the samples of bottom 0, {first}",
        "both have one first axis, that of the samples",
    )
