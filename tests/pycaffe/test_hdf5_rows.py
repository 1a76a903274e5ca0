from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.errors import DataError
from protonet.pycaffe.hdf5_rows import Hdf5Rows, RowsReader, read_rows
from tests.golden.cases import FOLDER
from tests.pycaffe.prototxts import rows, written


def test_files_of_a_list_follow_one_another(tmp_path: Path) -> None:
    data, labels = rows(tmp_path)
    source = written(tmp_path, "rows.h5\n\nrows.h5\n", "twice.txt")

    found = read_rows(source, ["label", "data"], 5, shuffle=False)

    np.testing.assert_array_equal(found.arrays[0], np.tile(labels, 2))
    np.testing.assert_array_equal(found.arrays[1], np.tile(data, (2, 1)))


def test_batches_wrap() -> None:
    reader = RowsReader(Hdf5Rows((np.arange(5), np.arange(5) * 10), 3), 0)

    assert [[one.tolist() for one in reader.batch()] for _ in range(3)] == [
        [[0, 1, 2], [0, 10, 20]],
        [[3, 4, 0], [30, 40, 0]],
        [[1, 2, 3], [10, 20, 30]],
    ]


def test_a_batch_may_be_longer_than_the_set() -> None:
    reader = RowsReader(Hdf5Rows((np.arange(2),), 5), 0)

    assert reader.batch()[0].tolist() == [0, 1, 0, 1, 0]


def test_shuffled_epochs_hold_every_row_in_orders_of_their_own() -> None:
    reader = RowsReader(Hdf5Rows((np.arange(50),), 50, shuffle=True), 3)

    first, second = (reader.batch()[0].tolist() for _ in range(2))

    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second


def test_as_recorded_from_caffe() -> None:
    # the solvers' cases name the rows that they were trained on
    found = read_rows(FOLDER / "solvers" / "data.txt", ["data", "label"], 4, shuffle=False)
    with np.load(FOLDER / "solvers" / "sgd_plain.npz") as recorded:
        np.testing.assert_array_equal(found.arrays[0], recorded["data"])
        np.testing.assert_array_equal(found.arrays[1], recorded["label"])


def test_what_is_wrong_is_told_with_its_file(tmp_path: Path) -> None:
    import h5py

    rows(tmp_path)
    source = tmp_path / "rows.txt"

    def refused(source: Path, *tops: str) -> str:
        with pytest.raises(DataError) as caught:
            read_rows(source, tops, 1, shuffle=False)
        return str(caught.value).replace(f"{tmp_path}/", "")

    assert refused(tmp_path / "none.txt", "data") == "none.txt: No such file or directory"
    assert refused(written(tmp_path, "", "empty.txt"), "data") == (
        "empty.txt: the source of HDF5Data is a text file that lists HDF5 files, one a line"
    )
    assert refused(tmp_path / "rows.h5", "data") == (
        "rows.h5: the source of HDF5Data is a text file that lists HDF5 files, one a line"
    )
    assert refused(written(tmp_path, "gone.h5", "gone.txt"), "data") == (
        "gone.txt: gone.h5 is neither in the current folder nor beside the list"
    )
    assert refused(source, "image") == "rows.h5: it has no array image; it has data, label"
    with h5py.File(tmp_path / "rows.h5", "a") as file:
        del file["label"]
        file["label"] = np.zeros(3)
    assert refused(source, "data", "label") == (
        "rows.h5: its arrays have different numbers of rows: data has 12, label has 3"
    )
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["data"] = np.zeros((2, 9))
    both = written(tmp_path, "rows.h5\nother.h5\n", "both.txt")
    assert refused(both, "data") == "both.txt: the rows of data have several shapes: [(5,), (9,)]"
    with h5py.File(tmp_path / "none.h5", "w") as file:
        file["data"] = np.zeros((0, 9))
    assert refused(written(tmp_path, "none.h5", "no.txt"), "data") == (
        "no.txt: its files have no rows"
    )
