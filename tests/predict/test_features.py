from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from protonet.convert import ConvertOptions, convert
from protonet.errors import StorageError
from protonet.predict.features import FeatureFile
from protonet.predict.predictor import Predicted


def predicted(first: int, count: int) -> Predicted:
    rows = np.arange(first, first + count, dtype=np.float32)
    paths = tuple(f"ä{n}.jpg" for n in range(first, first + count))
    return Predicted(paths, {"ip": rows[:, None], "a/b": rows.reshape(-1, 1, 1)}, (), ())


def test_rows_of_all_batches_stand_in_one_array(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    with FeatureFile(path, path, ["ip", "a/b"], ["cat", "dog"]) as file:
        file.take(predicted(0, 3))
        file.take(Predicted((), {}, (), ()))
        file.take(predicted(3, 2))
    with h5py.File(path) as found:
        assert found["ip"][:].tolist() == [[0], [1], [2], [3], [4]]
        assert found["a/b"].shape == (5, 1, 1)
        assert found["ip"].dtype == np.float32
        assert found["pictures/path"].asstr()[:].tolist() == [f"ä{n}.jpg" for n in range(5)]
        assert found["classes/name"].asstr()[:].tolist() == ["cat", "dog"]


def test_the_file_is_one_that_can_be_trained_on(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    with FeatureFile(path, path, ["ip"], None) as file:
        file.take(predicted(0, 3))
    report = convert(path, tmp_path / "set.lmdb", ConvertOptions(workers=1))
    assert [(one.header.count, one.header.fields[0].name) for one in report.tables] == [(3, "ip")]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "f.h5"
    with pytest.raises(StorageError) as caught:
        FeatureFile(path, Path("f.h5"), ["ip"], None)
    assert str(caught.value).startswith("f.h5: cannot be written: ")
