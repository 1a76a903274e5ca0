from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import lmdb
import numpy as np
import pytest

from protonet.convert import ConvertOptions, Encoding, convert
from protonet.convert.caffe_resuming import CaffeResumption
from protonet.convert.caffe_tables import create_caffe_tables
from protonet.data.header import FieldSpec
from protonet.data.layout import Array
from protonet.errors import DataError, UsageError
from tests.convert.pictures import SPLIT, class_folders, left, plain, save
from tests.convert.tables import written


def entries(folder: Path) -> list[tuple[bytes, bytes]]:
    """Return what Caffe's cursor meets, read with the LMDB library."""
    with (
        lmdb.open(os.fspath(folder), readonly=True, lock=False) as environment,
        environment.begin() as transaction,
    ):
        return [(bytes(key), bytes(value)) for key, value in transaction.cursor()]


def write(path: Path, columns: Mapping[str, Array], classes: tuple[str, ...] | None = None) -> None:
    fields = [
        FieldSpec(name=name, dtype=array.dtype.name, shape=array.shape[1:])
        for name, array in columns.items()
    ]
    with create_caffe_tables(path, CaffeResumption((), {})) as tables:
        tables.table(None, fields, channels="RGB", classes=classes).write(columns)


def test_records_are_those_of_convert_imageset(reference: Path, tmp_path: Path) -> None:
    """Caffe's own tool made `color_lmdb` of the same list; its keys hold the paths, too."""
    golden = reference / "golden" / "data"
    convert(golden / "list5.txt", tmp_path / "a.lmdb", ConvertOptions(caffe=True))
    expected = entries(golden / "color_lmdb")
    found = entries(tmp_path / "a.lmdb")
    assert [value for _, value in found] == [value for _, value in expected]
    assert [key for key, _ in found] == [key[:8] for key, _ in expected]


def test_kept_bytes_are_those_of_convert_imageset(reference: Path, tmp_path: Path) -> None:
    golden = reference / "golden" / "data"
    options = ConvertOptions(caffe=True, encode=Encoding())
    (table,) = convert(golden / "list7.txt", tmp_path / "a.lmdb", options).tables
    expected = [value for _, value in entries(golden / "encoded_lmdb")]
    assert [value for _, value in entries(tmp_path / "a.lmdb")] == expected
    assert (table.header.count, table.header.fields[0].shape) == (7, None)


def test_tables_are_databases_of_their_own(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos", cat=5, dog=10)
    options = ConvertOptions(caffe=True, split=SPLIT.split)
    report = convert(photos, tmp_path / "a.lmdb", options)
    addresses = [f"{tmp_path}/a_train.lmdb", f"{tmp_path}/a_test.lmdb"]
    assert [table.address for table in report.tables] == addresses
    assert [len(entries(Path(address))) for address in addresses] == [12, 3]
    assert left(tmp_path) == {"photos", "a_train.lmdb", "a_test.lmdb"}
    assert report.tables[0].header.class_counts == (4, 8)
    assert report.tables[0].header.channels == "BGR"


def test_numbers_become_floats_of_three_axes(tmp_path: Path) -> None:
    write(tmp_path / "a.lmdb", {"data": np.array([[0.5, 2]]), "label": np.array([3])})
    # 1 channels 2, 2 height 1, 3 width 1, 5 label 3, 6 floats 0.5 and 2, each behind its tag
    expected = "08 02 10 01 18 01 28 03 35 00 00 00 3f 35 00 00 00 40"
    assert entries(tmp_path / "a.lmdb") == [(b"00000000", bytes.fromhex(expected))]


FIELDS: dict[str, tuple[dict[str, Array], str]] = {
    "two arrays": (
        {"data": np.zeros((1, 2)), "more": np.zeros(1), "label": np.zeros(1, np.int64)},
        "--caffe: the fields are data, more, label; a Datum of Caffe holds one array of at most "
        "three axes, and one whole number as label",
    ),
    "a label that is none": (
        {"data": np.zeros((1, 2)), "label": np.zeros((1, 2))},
        "--caffe: the label of a Datum is one whole number; write .h5 for Caffe's HDF5Data",
    ),
}


@pytest.mark.parametrize("what", FIELDS)
def test_what_fits_no_datum_is_refused(what: str, tmp_path: Path) -> None:
    columns, message = FIELDS[what]
    with pytest.raises(UsageError) as caught:
        write(tmp_path / "a.lmdb", columns)
    assert str(caught.value) == message
    assert left(tmp_path) == set()


def test_labels_beyond_32_bits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        write(tmp_path / "a.lmdb", {"data": np.zeros((1, 2)), "label": np.array([2**31])})
    assert str(caught.value) == (
        f"{tmp_path}/a.lmdb: label 2147483648 is too large for Caffe's int32"
    )


def test_a_database_without_records_is_refused(tmp_path: Path) -> None:
    new = create_caffe_tables(tmp_path / "a.lmdb", CaffeResumption((), {}))
    with pytest.raises(DataError) as caught, new as tables:
        tables.table(None, [FieldSpec(name="data", dtype="uint8", shape=(1,))])
    assert str(caught.value) == f"{tmp_path}/a.lmdb: there are no records to write"
    assert left(tmp_path) == set()


def test_another_ending_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "p" / "c" / "a.png", plain((1, 1, 1)))
    with pytest.raises(UsageError) as caught:
        convert(tmp_path / "p", tmp_path / "a.h5", ConvertOptions(caffe=True))
    assert str(caught.value) == (
        f"{tmp_path}/a.h5: --caffe writes LMDB, and the name of one ends in .lmdb"
    )


def test_what_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    columns = {"data": np.zeros((1, 2), np.uint8)}
    write(tmp_path / "a.lmdb", columns)
    with pytest.raises(UsageError) as caught:
        write(tmp_path / "a.lmdb", columns)
    assert str(caught.value) == (
        f"{tmp_path}/a.lmdb: exists already; give another name, or --force to replace it"
    )
    written(tmp_path / "b", "")
