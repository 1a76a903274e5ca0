from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.convert import ConvertOptions, Encoding
from protonet.convert.dataset_source import list_dataset
from protonet.data.open import open_dataset
from protonet.errors import UsageError
from tests.convert.pictures import PLAIN, SPLIT, class_folders, content, made, records
from tests.data.tables import TINY, write


@pytest.mark.parametrize("options", [PLAIN, SPLIT, ConvertOptions(encode=Encoding())])
def test_a_round_trip_changes_nothing(options: ConvertOptions, tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos", cat=5, dog=10)
    names = ["", "/train", "/test"] if options.split else [""]
    made(photos, tmp_path / "a.lmdb", options)
    made(tmp_path / "a.lmdb", tmp_path / "b.h5")
    made(tmp_path / "b.h5", tmp_path / "c.lmdb")
    for name in names[1:] or names:
        hashes = {content(f"{tmp_path}/{file}{name}") for file in ("a.lmdb", "b.h5", "c.lmdb")}
        assert len(hashes) == 1
    first, last = tmp_path / "a.lmdb" / "data.mdb", tmp_path / "c.lmdb" / "data.mdb"
    assert len(first.read_bytes()) == len(last.read_bytes())


def test_one_table_can_be_taken(tmp_path: Path) -> None:
    made(class_folders(tmp_path / "photos", cat=5, dog=10), tmp_path / "a.lmdb", SPLIT)
    made(tmp_path / "a.lmdb" / "test", tmp_path / "b.h5")
    assert content(tmp_path / "b.h5") == content(tmp_path / "a.lmdb" / "test")


def test_images_can_be_scaled_and_made_grey(tmp_path: Path) -> None:
    made(class_folders(tmp_path / "photos", cat=2), tmp_path / "a.lmdb")
    made(tmp_path / "a.lmdb", tmp_path / "b.lmdb", ConvertOptions(resize=(2, 1), gray=True))
    images, labels = records(tmp_path / "b.lmdb")
    # luma of (0, 1, 7): 0.587 + 0.114 · 7 = 1.385
    assert (images.tolist(), labels) == ([[[[1, 1]]], [[[1, 1]]]], [0, 0])


def test_records_can_be_chosen_and_kept_apart(tmp_path: Path) -> None:
    made(class_folders(tmp_path / "photos", cat=5, dog=10), tmp_path / "a.lmdb")
    report = made(tmp_path / "a.lmdb", tmp_path / "b.lmdb", SPLIT)
    assert [table.header.count for table in report.tables] == [12, 3]
    assert report.tables[0].header.classes == ("cat", "dog")
    made(tmp_path / "a.lmdb", tmp_path / "c.lmdb", ConvertOptions(limit=2))
    assert records(tmp_path / "c.lmdb")[1] == [0, 0]


def test_encoded_images_are_decoded_where_they_are_made_anew(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos", cat=2)
    made(photos, tmp_path / "a.lmdb", ConvertOptions(encode=Encoding()))
    made(tmp_path / "a.lmdb", tmp_path / "b.lmdb", ConvertOptions(resize=(4, 3)))
    made(photos, tmp_path / "c.lmdb")
    assert content(tmp_path / "b.lmdb") == content(tmp_path / "c.lmdb")


def test_what_is_no_image_is_not_scaled(tmp_path: Path) -> None:
    write(tmp_path / "a.lmdb", {"data": np.zeros((2, 3), np.float32)})
    with pytest.raises(UsageError) as caught:
        list_dataset(tmp_path / "a.lmdb", ConvertOptions(resize=(2, 2)))
    assert str(caught.value) == (
        f"{tmp_path}/a.lmdb: --resize, --gray and --encode are for images, and its field data is "
        "none"
    )


def test_every_field_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "a.lmdb", {**TINY, "weight": np.array([0.5, 1.5])})
    made(tmp_path / "a.lmdb", tmp_path / "b.h5")
    with open_dataset(tmp_path / "b.h5") as dataset:
        assert [field.name for field in dataset.header.fields] == ["data", "label", "weight"]
        assert dataset[1]["weight"] == 1.5
