from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.convert.mean_file import write_mean
from protonet.convert.stored import mean_of, open_stored
from protonet.errors import StorageError, UsageError
from protonet.protobuf import read_blob
from tests.convert.pictures import left

MEAN = np.arange(6.0).reshape(3, 1, 2) / 4


def test_a_mean_is_written_for_numpy(tmp_path: Path) -> None:
    write_mean(tmp_path / "a.npy", MEAN, force=False)
    read = np.load(tmp_path / "a.npy")
    assert (read.dtype, read.tolist()) == ("float32", MEAN.tolist())


def test_a_mean_is_written_for_caffe(tmp_path: Path) -> None:
    write_mean(tmp_path / "a.binaryproto", MEAN, force=False)
    assert read_blob(tmp_path / "a.binaryproto").reshape(3, 1, 2).tolist() == MEAN.tolist()


def test_the_bytes_are_those_of_compute_image_mean(reference: Path, tmp_path: Path) -> None:
    golden = reference / "golden" / "data"
    (stored,) = open_stored(golden / "color_lmdb")
    write_mean(tmp_path / "a.binaryproto", mean_of(stored, 1), force=False)
    assert (tmp_path / "a.binaryproto").read_bytes() == (golden / "mean.binaryproto").read_bytes()


@pytest.mark.parametrize(
    ("name", "mean", "message"),
    [
        ("a.png", MEAN, "a mean is written as .npy or as Caffe's .binaryproto"),
        ("a.binaryproto", MEAN[0],
         "a mean of shape [1, 2] is no image (C, H, W); write it as .npy"),
        ("b.npy", MEAN, "exists already; give another name, or --force to replace it"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused(
    name: str, mean: np.ndarray[tuple[int, ...], np.dtype[np.float64]], message: str, tmp_path: Path
) -> None:
    (tmp_path / "b.npy").write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        write_mean(tmp_path / name, mean, force=False)
    assert str(caught.value) == f"{tmp_path}/{name}: {message}"
    assert left(tmp_path) == {"b.npy"}
    write_mean(tmp_path / "b.npy", MEAN, force=True)
    assert np.load(tmp_path / "b.npy").shape == (3, 1, 2)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        write_mean(tmp_path / "gone" / "a.npy", MEAN, force=False)
    assert str(caught.value) == (
        f"{tmp_path}/gone/a.npy: cannot be written: the folder {tmp_path}/gone does not exist; "
        "make it first"
    )
