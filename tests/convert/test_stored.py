from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.convert import ConvertOptions, Encoding
from protonet.convert.datum import write_array, write_encoded
from protonet.convert.list_file import EXPECTED
from protonet.convert.source import Reject
from protonet.convert.stored import mean_of, open_stored
from protonet.errors import DataError, UsageError
from tests.convert.pictures import SPLIT, class_folders, made, plain, records, save
from tests.convert.tables import written
from tests.convert.test_datum_database import database
from tests.data.encoded import pictures
from tests.data.encoded import write_encoded as write_pictures


def test_every_table_is_opened_or_the_one_asked_for(tmp_path: Path) -> None:
    made(class_folders(tmp_path / "photos", cat=5, dog=10), tmp_path / "a.lmdb", SPLIT)
    both = open_stored(tmp_path / "a.lmdb")
    assert [table.address for table in both] == [
        f"{tmp_path}/a.lmdb/{n}" for n in ("test", "train")
    ]
    (one,) = open_stored(tmp_path / "a.lmdb" / "test")
    assert (one.part.count, one.header().class_counts) == (3, (1, 2))
    assert [field.name for field in one.fields()] == ["data", "label"]


@pytest.mark.parametrize("options", [ConvertOptions(), ConvertOptions(encode=Encoding())])
def test_a_mean_is_what_numpy_says(options: ConvertOptions, tmp_path: Path) -> None:
    made(class_folders(tmp_path / "photos", cat=50, dog=100), tmp_path / "a.h5", options)
    (stored,) = open_stored(tmp_path / "a.h5")
    images, _ = records(tmp_path / "a.h5")
    assert mean_of(stored, 1) == pytest.approx(images.mean(0), rel=1e-12)


def test_a_record_is_read_by_number(tmp_path: Path) -> None:
    made(class_folders(tmp_path / "photos", cat=2), tmp_path / "a.h5")
    (stored,) = open_stored(tmp_path / "a.h5")
    assert stored.record(-1)["data"][:, 0, 0].tolist() == [0, 1, 7]
    with pytest.raises(UsageError) as caught:
        stored.record(2)
    assert str(caught.value) == (
        f"{tmp_path}/a.h5: there is no record 2; its 2 records are numbered from 0 to 1"
    )


def test_a_database_of_caffes_is_described(reference: Path) -> None:
    golden = reference / "golden" / "data"
    (stored,) = open_stored(golden / "color_lmdb")
    header = stored.header()
    # compute_image_mean printed these, golden/data/tools.log
    assert header.mean == pytest.approx((128.027, 126.5, 139.253), abs=5e-4)
    assert (header.count, header.class_counts, header.channels) == (5, (2, 2, 1), "BGR")
    assert stored.record(3)["label"] == 0
    assert list(stored.rejects()) == []


def test_what_cannot_be_read_in_a_database_of_caffes_is_told(tmp_path: Path) -> None:
    pixels = np.zeros((3, 1, 1), np.uint8)
    (stored,) = open_stored(
        database(tmp_path / "a", write_array(pixels, 0), write_encoded(b"x", 1))
    )
    names = [reject.name for reject in stored.rejects()]
    assert names == [f"{tmp_path}/a, record 1"]
    with pytest.raises(DataError) as caught:
        stored.header()
    assert str(caught.value).startswith(f"{tmp_path}/a, record 1: ")
    with pytest.raises(DataError):
        stored.record(1)
    floats = np.zeros((4, 1, 1), np.float32)
    (stored,) = open_stored(
        database(tmp_path / "b", write_array(floats, 0), write_array(pixels, 1))
    )
    why = "its array is not like the first record's, [4, 1, 1] of float32"
    name = f"{tmp_path}/b, record 1"
    assert list(stored.rejects()) == [Reject("record 1", f"{name}: {why}")]


def test_data_that_are_not_converted_are_opened_as_they_are(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos", cat=5, dog=10)
    (stored,) = open_stored(photos)
    header = stored.header()
    assert (header.class_counts, header.mean, header.fields[0].shape) == ((5, 10), None, None)
    assert stored.record(-1)["data"][:, 0, 0].tolist() == [1, 9, 7]
    # of cats 0 to 4 and dogs 0 to 9: 10 / 15, (10 + 45) / 15
    assert mean_of(stored, 1)[:, 0, 0] == pytest.approx([2 / 3, 11 / 3, 7])
    (photos / "dog" / "003.png").write_bytes(b"x")
    assert [one.name for one in stored.rejects()] == [f"{photos}/dog/003.png"]
    assert not stored.has_checksums

    (table,) = open_stored(written(tmp_path / "a.csv", "x\n1\n2\n"))
    assert table.record(1)["data"].tolist() == [2]


def test_parts_of_a_set_are_its_tables(tmp_path: Path) -> None:
    for part in ("train", "test"):
        class_folders(tmp_path / "a" / part, cat=1, dog=1)
    both = open_stored(tmp_path / "a")
    assert [table.address for table in both] == [f"{tmp_path}/a/{n}" for n in ("train", "test")]
    assert [table.record(0)["label"].tolist() for table in both] == [0, 0]


def test_files_of_different_sizes_have_a_mean_of_each_channel(tmp_path: Path) -> None:
    save(tmp_path / "a" / "x" / "0.png", plain((1, 2, 3), 4, 3))
    save(tmp_path / "a" / "x" / "1.png", plain((5, 2, 9), 6, 6))
    (stored,) = open_stored(tmp_path / "a")
    # over 12 pixels of the one and 36 of the other
    assert mean_of(stored, 1).tolist() == [[[4]], [[2]], [[7.5]]]


def test_what_is_nothing_that_is_known_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", plain((1, 2, 3)))
    with pytest.raises(UsageError) as caught:
        open_stored(path)
    assert str(caught.value) == f"{path}: is a single image; expected {EXPECTED}"
    with pytest.raises(DataError) as missing:
        open_stored(tmp_path / "b.lmdb")
    assert str(missing.value) == f"{tmp_path}/b.lmdb: there is no such dataset"


def test_images_of_different_sizes_have_a_mean_of_each_channel(tmp_path: Path) -> None:
    """Over all pixels: 12 of the first, 4 of the second."""
    first, second = pictures(1)[0], np.full((2, 2, 3), (10, 20, 30), np.uint8)
    (stored,) = open_stored(write_pictures(tmp_path / "a.lmdb", [first, second]))

    mean = mean_of(stored, 1)

    sums = first.reshape(-1, 3).sum(0) + 4 * np.array([10, 20, 30])
    assert mean.shape == (3, 1, 1)
    assert mean.ravel() == pytest.approx(sums / 16)
