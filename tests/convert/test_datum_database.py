from __future__ import annotations

import os
from pathlib import Path

import lmdb
import numpy as np
import pytest

from protonet.convert.datum import write_array, write_encoded
from protonet.convert.datum_database import list_datums
from protonet.convert.source import Reject
from protonet.errors import DataError
from tests.convert.pictures import encoded, plain


def database(folder: Path, *values: bytes) -> Path:
    """Write an LMDB of these values, with the LMDB library."""
    folder.mkdir()
    with lmdb.open(os.fspath(folder)) as environment, environment.begin(write=True) as transaction:
        for number, value in enumerate(values):
            transaction.put(b"%08d" % number, value)
    return folder


BLUE = np.array([[[255]], [[0]], [[0]]], np.uint8)  # (C, H, W), blue first


def test_pixels_keep_caffes_order(tmp_path: Path) -> None:
    part = list_datums(database(tmp_path / "a", write_array(BLUE, 1), write_array(BLUE, 0)),
                       gray=False)  # fmt: skip
    assert (part.labels.tolist(), part.classes, part.order) == ([1, 0], ("0", "1"), "BGR")
    assert part.images is not None
    assert part.images.load(0).pixels.tolist() == [[[255, 0, 0]]]
    assert part.images.name(1) == f"{tmp_path}/a, record 1"
    assert part.images.content(0) == bytes([255, 0, 0])


def test_luma_is_that_of_caffes_order(tmp_path: Path) -> None:
    part = list_datums(database(tmp_path / "a", write_array(BLUE, 1)), gray=True)
    assert part.images is not None
    assert (part.order, part.images.load(0).pixels.tolist()) == ("gray", [[[29]]])  # 0.114 · 255


def test_files_are_decoded_to_caffes_order(tmp_path: Path) -> None:
    data = encoded(plain((1, 2, 3)))
    part = list_datums(database(tmp_path / "a", write_encoded(data, 0)), gray=False)
    assert part.images is not None
    assert part.images.load(0).pixels[0, 0].tolist() == [3, 2, 1]
    assert part.images.content(0) == data


def test_a_database_of_grey_files_is_grey(tmp_path: Path) -> None:
    data = encoded(plain((7, 7, 7)).convert("L"))
    values = (b"", write_encoded(b"x", 0), write_encoded(data, 0))
    part = list_datums(database(tmp_path / "a", *values), gray=False)
    assert part.order == "gray"
    assert part.rejects == (
        Reject(
            f"{tmp_path}/a, record 0",
            f"{tmp_path}/a, record 0: is no Datum of Caffe: its shape (0, 0, 0) does not fit its 0 "
            "numbers",
        ),
    )
    assert part.images is not None
    assert part.images.load(1).pixels[0, 0].tolist() == [7]


def test_floats_become_a_field(tmp_path: Path) -> None:
    values = np.arange(3, dtype=np.float32).reshape(3, 1, 1)
    part = list_datums(database(tmp_path / "a", write_array(values, 0), write_array(values + 1, 1)),
                       gray=False)  # fmt: skip
    field = part.values["data"]
    assert (field.spec("data").dtype, field.spec("data").shape) == ("float32", (3, 1, 1))
    taken = field.take(np.array([1, 0]))
    assert isinstance(taken, np.ndarray)
    assert taken.reshape(2, 3).tolist() == [[1, 2, 3], [0, 1, 2]]


def test_records_unlike_the_first_are_refused(tmp_path: Path) -> None:
    values = np.zeros((3, 1, 1), np.float32)
    part = list_datums(database(tmp_path / "a", write_array(values, 0), write_array(values[:2], 1)),
                       gray=False)  # fmt: skip
    with pytest.raises(DataError) as caught:
        part.values["data"].take(np.array([1]))
    assert str(caught.value) == (
        f"{tmp_path}/a, record 1: its array is not like the first record's, [3, 1, 1] of float32"
    )
    part = list_datums(database(tmp_path / "b", write_array(BLUE, 0), write_array(BLUE[:1], 1)),
                       gray=False)  # fmt: skip
    assert part.images is not None
    with pytest.raises(DataError) as caught:
        part.images.load(1)
    assert str(caught.value) == (
        f"{tmp_path}/b, record 1: has 1 channels of uint8, and the first record has 3 of uint8"
    )


def test_other_databases_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        list_datums(database(tmp_path / "a", b"\xff"), gray=False)
    assert str(caught.value) == (
        f"{tmp_path}/a, record 0: is no Datum of Caffe: its bytes are no message; only Caffe's "
        "databases and protonet's can be read"
    )
    with pytest.raises(DataError) as caught:
        list_datums(database(tmp_path / "b"), gray=False)
    assert str(caught.value) == f"{tmp_path}/b: the database is empty"
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "data.mdb").write_bytes(b"x" * 500)
    with pytest.raises(DataError) as caught:
        list_datums(tmp_path / "c", gray=False)
    assert str(caught.value) == (
        f"{tmp_path}/c: data.mdb cannot be read: it is not an LMDB file, or its first pages are "
        "damaged"
    )


def test_caffes_own_database_holds_what_caffe_read(reference: Path) -> None:
    golden = reference / "golden" / "data"
    part = list_datums(golden / "color_lmdb", gray=False)
    tops = np.load(golden / "data_plain.npz")
    images = next(tops[name] for name in tops.files if tops[name].ndim == 4)
    assert part.images is not None
    for index in range(min(len(images), part.count)):
        assert part.images.load(index).pixels.transpose(2, 0, 1).tolist() == images[index].tolist()
