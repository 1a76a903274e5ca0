from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from protonet.caffe.hdf5_file import arrays_below, is_hdf5, opened
from protonet.errors import DataError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.h5"


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as error, opened(path, "caffemodel") as file:
        arrays_below(file, path)
    return str(error.value)


def test_arrays_come_in_the_order_of_their_numbers(path: Path) -> None:
    with h5py.File(path, "w") as file:
        for name in ("b/10", "b/9", "a/0"):
            file[name] = np.zeros(1)

    with opened(path, "caffemodel") as file:
        assert list(arrays_below(file, path)) == ["a/0", "b/9", "b/10"]


def test_a_compressed_array_is_read(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("a/0", data=np.zeros(100_000), compression="gzip")

    with opened(path, "caffemodel") as file:
        assert arrays_below(file, path)["a/0"].shape == (100_000,)


def test_an_array_of_which_nothing_is_stored_is_refused(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("a/0", shape=(2**20, 2**20), dtype="f4")

    assert refusal(path) == (
        f"{path}: a/0 says to have the shape (1048576, 1048576), and 0 bytes are stored"
    )


def test_texts_are_refused(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["a/0"] = "text"

    assert refusal(path) == f"{path}: a/0 holds object, and no numbers"


def test_what_is_damaged_or_missing_is_named(path: Path) -> None:
    assert refusal(path).startswith(f"{path} is no caffemodel of Caffe, or damaged: ")
    assert not is_hdf5(path)
    with h5py.File(path, "w") as file:
        file["a/0"] = np.arange(1000.0)
    assert is_hdf5(path)
    path.write_bytes(path.read_bytes()[:1200])

    assert refusal(path).startswith(f"{path} is no caffemodel of Caffe, or damaged: ")


def test_links_out_of_the_file_are_not_followed(path: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["0"] = np.ones(3)
    with h5py.File(path, "w") as file:
        file["a/0"] = np.zeros(1)
        file["b/0"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/0")

    with opened(path, "caffemodel") as file:
        assert list(arrays_below(file, path)) == ["a/0"]
