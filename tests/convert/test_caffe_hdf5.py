from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from protonet.convert.caffe_hdf5 import hdf5_list, list_hdf5
from protonet.errors import DataError
from tests.convert.tables import written


def file(path: Path, **arrays: Any) -> Path:
    """Write an HDF5 file of these arrays."""
    with h5py.File(path, "w") as opened:
        for name, array in arrays.items():
            opened[name] = array
    return path


def test_arrays_become_fields_as_they_are(tmp_path: Path) -> None:
    path = file(
        tmp_path / "a.h5", data=np.arange(6.0).reshape(3, 2), more=np.array([1, 2, 3], ">i2")
    )
    part = list_hdf5(path)
    specs = [part.values[name].spec(name) for name in ("data", "more")]
    assert [(spec.dtype, spec.shape) for spec in specs] == [("float64", (2,)), ("int16", ())]
    assert np.asarray(part.values["data"].take(np.array([2, 0, 2]))).tolist() == [
        [4, 5],
        [0, 1],
        [4, 5],
    ]
    assert np.asarray(part.values["more"].take(np.array([2, 0]))).tolist() == [3, 1]


def test_whole_labels_are_classes(tmp_path: Path) -> None:
    part = list_hdf5(file(tmp_path / "a.h5", data=np.zeros((2, 1)), label=np.array([[2.0], [0.0]])))
    assert (part.labels.tolist(), part.classes) == ([2, 0], ("0", "1", "2"))
    assert part.labels.dtype == "int64"
    part = list_hdf5(file(tmp_path / "b.h5", data=np.zeros((2, 1)), label=np.array([0.5, 1])))
    assert (part.labels.tolist(), part.classes) == ([0.5, 1], None)


def test_files_of_a_list_follow_one_another(tmp_path: Path) -> None:
    for number in range(2):
        file(tmp_path / f"{number}.h5", data=np.array([number * 10.0, number * 10 + 1]))
    path = written(tmp_path / "list.txt", "1.h5\n\n0.h5\n")
    assert hdf5_list(path) == [tmp_path / "1.h5", tmp_path / "0.h5"]
    values = list_hdf5(path).values["data"]
    assert len(values) == 4
    assert np.asarray(values.take(np.array([3, 0, 1, 2]))).tolist() == [1, 10, 11, 0]


def test_other_lists_are_none_of_hdf5(tmp_path: Path) -> None:
    assert hdf5_list(written(tmp_path / "a.txt", "a.jpg 1\n")) == []
    assert hdf5_list(written(tmp_path / "b.txt", "\n")) == []
    assert hdf5_list(tmp_path / "gone.txt") == []


def test_caffes_own_files_can_be_read(reference: Path) -> None:
    folder = reference / "data" / "hdf5"
    with h5py.File(folder / "sample_data.h5") as first:
        data = first["data"][:]
    part = list_hdf5(folder / "sample_data_list.txt")
    taken = np.asarray(part.values["data"].take(np.arange(10)))
    assert taken.tobytes() == data.tobytes()
    assert part.count == 20


REFUSED = {
    "lengths": (
        {"data": np.zeros(2), "label": np.zeros(3)},
        ": its arrays have different numbers of records: data has 2, label has 3",
    ),
    "no array": ({}, ": holds no array"),
    "texts": (
        {"data": np.array([b"a"])},
        ": data is no array of numbers, a record for each row",
    ),
    "a number": (
        {"data": np.array(1.0)},
        ": data is no array of numbers, a record for each row",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_table_is_refused(what: str, tmp_path: Path) -> None:
    arrays, message = REFUSED[what]
    path = file(tmp_path / "a.h5", **arrays)
    with pytest.raises(DataError) as caught:
        list_hdf5(path)
    assert str(caught.value) == f"{path}{message}"


def test_files_that_differ_are_refused(tmp_path: Path) -> None:
    one = file(tmp_path / "1.h5", data=np.zeros((2, 3)))
    two = file(tmp_path / "2.h5", data=np.zeros((2, 4)))
    path = written(tmp_path / "list.txt", "1.h5\n2.h5\n")
    with pytest.raises(DataError) as caught:
        list_hdf5(path)
    assert str(caught.value) == (f"{two}: data has the shape [2, 4], and in {one} it has [2, 3]")
    two.unlink()
    with pytest.raises(DataError) as caught:
        list_hdf5(path)
    assert str(caught.value) == f"{two}: there is no such file"


def test_classes_may_keep_their_shape(tmp_path: Path) -> None:
    path = file(tmp_path / "a.h5", data=np.zeros((2, 1)), label=np.array([[2.0], [0.0]]))
    part = list_hdf5(path, in_shape=True)
    assert (part.labels.tolist(), part.labels.dtype.name) == ([[2], [0]], "int64")
    assert part.classes == ("0", "1", "2")
