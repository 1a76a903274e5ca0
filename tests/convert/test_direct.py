"""Data that are read without conversion, and what is said where they cannot be."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from protonet.convert.datum import write_array
from protonet.convert.direct import Reading, always, as_dataset, open_directly
from protonet.convert.find import list_parts
from protonet.convert.options import ConvertOptions
from protonet.convert.source import DATA
from protonet.data.dataset import ChunkedDataset
from protonet.data.layout import Array
from protonet.errors import ProtonetError
from tests.convert.pictures import class_folders, encoded, plain, save
from tests.convert.tables import written
from tests.convert.test_datum_database import database
from tests.convert.test_idx_pair import pair
from tests.data.tables import CLASSES, TINY, write


def taken(dataset: ChunkedDataset, *rows: int) -> dict[str, list[object]]:
    """Return every field of some records, of images the first pixel."""
    out: dict[str, Array] = {
        field.name: np.empty((len(rows), *(field.shape or ())), field.dtype)
        for field in dataset.header.fields
    }
    dataset.gather(np.array(rows), out)
    return {
        name: (array[..., 0, 0] if name == DATA and array.ndim == 4 else array).tolist()
        for name, array in out.items()
    }


PLAIN = Reading()


def refusal(path: Path | str, reading: Reading = PLAIN) -> str:
    with pytest.raises(ProtonetError) as caught:
        open_directly(str(path), reading)
    return f"{type(caught.value).__name__}: {caught.value}"


def test_a_folder_of_class_folders_is_read_as_it_lies(tmp_path: Path) -> None:
    class_folders(tmp_path / "photos", cat=2, dog=3)
    (tmp_path / "photos" / "emu").mkdir()
    direct = open_directly(str(tmp_path / "photos"))
    dataset, header = direct.dataset, direct.dataset.header

    assert taken(dataset, 4, 0, 1, 2, 3) == {
        "data": [[1, 2, 7], [0, 0, 7], [0, 1, 7], [1, 0, 7], [1, 1, 7]],
        "label": [1, 0, 0, 1, 1],
    }
    assert (header.count, header.channels, header.sorted_labels) == (5, "RGB", True)
    assert (header.classes, header.class_counts) == (("cat", "dog", "emu"), (2, 3, 0))
    assert header.made_by == {"command": "read", "source": f"{tmp_path}/photos"}
    assert direct.notes == (f"{tmp_path}/photos: no image in 1 class folder, kept as a class: emu",)


def test_a_list_may_start_elsewhere_and_be_scaled(tmp_path: Path) -> None:
    save(tmp_path / "far" / "a.png", plain((9, 8, 7)))
    path = written(tmp_path / "list.txt", "a.png 2\n/a.png 0\n")
    reading = Reading(root=str(tmp_path / "far"), size=(6, 5))
    dataset = open_directly(str(path), reading).dataset

    assert dataset.header.fields[0].shape == (3, 5, 6)
    assert taken(dataset, 1, 0) == {"data": [[9, 8, 7]] * 2, "label": [0, 2]}
    assert dataset.header.made_by["resize"] == "6x5"
    assert not dataset.header.sorted_labels


@pytest.mark.parametrize(
    ("gray", "takes_gray", "channels"),
    [(None, False, 3), (None, True, 1), (True, False, 1), (False, True, 3)],
)
def test_images_are_gray_where_that_is_asked_or_wanted(
    gray: bool | None, takes_gray: bool, channels: int, tmp_path: Path
) -> None:
    class_folders(tmp_path / "a", x=1)
    reading = Reading(gray=gray, takes_gray=takes_gray)
    header = open_directly(str(tmp_path / "a"), reading).dataset.header
    assert header.fields[0].shape == (channels, 3, 4)
    assert header.channels == ("gray" if channels == 1 else "RGB")


def test_images_may_be_left_of_different_sizes(tmp_path: Path) -> None:
    save(tmp_path / "a" / "x" / "1.png", plain((1, 2, 3)))
    save(tmp_path / "a" / "x" / "2.png", plain((4, 5, 6), 9, 8))
    seen: list[tuple[int, ...]] = []

    def varies(shape: tuple[int, ...]) -> bool:
        seen.append(shape)
        return True

    dataset = open_directly(str(tmp_path / "a"), Reading(varies=varies)).dataset

    assert seen == [(3, 3, 4)]
    (images, _) = dataset.header.fields
    assert (images.kind, images.shape) == ("image", None)
    assert dataset[1]["data"].shape == (3, 8, 9)
    assert pickle.loads(pickle.dumps(dataset))[-1]["data"][:, 7, 8].tolist() == [4, 5, 6]


def test_hdf5_keeps_the_shape_of_its_labels(tmp_path: Path) -> None:
    for number in (0, 1):
        with h5py.File(tmp_path / f"{number}.h5", "w") as file:
            file["x"] = np.array([[1.5, number], [2.5, number]], np.float32)
            file["label"] = np.array([[number], [2.0]])
    path = written(tmp_path / "list.txt", "1.h5\n0.h5\n")
    dataset = open_directly(str(path)).dataset

    assert taken(dataset, 3, 0) == {"x": [[2.5, 0], [1.5, 1]], "label": [[2], [1]]}
    assert [(one.name, one.dtype) for one in dataset.header.fields] == [
        ("label", "int64"),
        ("x", "float32"),
    ]
    assert dataset.header.classes == ("0", "1", "2")


def test_datasets_and_caffes_databases_are_opened_as_such(tmp_path: Path) -> None:
    path = write(tmp_path / "a.lmdb", TINY, table="train", classes=CLASSES)
    own = open_directly(str(path)).dataset
    assert taken(own, 1)["label"] == [0]
    assert own.header.classes == CLASSES
    assert open_directly(str(write(tmp_path / "a.h5", TINY))).dataset.header.count == 2

    folder = database(tmp_path / "b", write_array(np.zeros((3, 1, 1), np.uint8), 4))
    assert taken(open_directly(str(folder)).dataset, 0)["label"] == [4]


def test_other_kinds_of_files_are_read_too(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "size,class\n1.5,cat\n2.5,dog\n")
    dataset = open_directly(str(path)).dataset
    assert taken(dataset, 1, 0) == {"data": [[2.5], [1.5]], "label": [1, 0]}
    assert dataset.header.classes == ("cat", "dog")


def test_one_of_several_tables_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("train", "t10k"):
        pair(tmp_path / "m", part)
    monkeypatch.chdir(tmp_path)
    dataset = open_directly("m/test").dataset
    assert (len(dataset), dataset.path) == (2, "m/test")
    assert len(pickle.loads(pickle.dumps(open_directly("m/train").dataset))) == 2
    assert refusal("m") == "DataError: m: it holds 2 tables; open m/train or m/test"
    assert refusal("m/val") == 'DataError: m: it has no table "val"; known: test, train'


def test_parts_that_are_folders_are_read_one_by_one(tmp_path: Path) -> None:
    class_folders(tmp_path / "a" / "training", cat=1, dog=1)
    class_folders(tmp_path / "a" / "test", cat=1, emu=1)
    assert open_directly(f"{tmp_path}/a/test").dataset.header.classes == ("cat", "emu")
    together = open_directly(f"{tmp_path}/a/train").dataset  # a table, for there is no such folder
    assert together.header.classes == ("cat", "dog", "emu")


def test_what_was_listed_before_is_made_a_dataset(tmp_path: Path) -> None:
    class_folders(tmp_path / "a", cat=1, dog=1)
    (part,) = list_parts(tmp_path / "a", ConvertOptions())
    dataset = as_dataset(part, tmp_path / "a", "a", Reading(varies=always))
    assert (dataset.path, dataset.header.fields[0].shape) == ("a", None)
    assert len(pickle.loads(pickle.dumps(dataset))) == 2


CHANGES: dict[str, Callable[[Path], object]] = {
    "a time": lambda photos: os.utime(photos / "cat" / "000.png", ns=(1, 1)),
    "a size": lambda photos: (photos / "cat" / "000.png").write_bytes(encoded(plain((1, 1, 1), 9))),
    "a name": lambda photos: (photos / "cat" / "000.png").rename(photos / "cat" / "001.png"),
    "a label": lambda photos: (photos / "cat").rename(photos / "emu"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_data_are_known_by_their_files(what: str, tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos", cat=1, dog=1)

    def identity() -> str:
        return open_directly(str(photos)).dataset.header.content_hash

    before = identity()
    assert identity() == before
    CHANGES[what](photos)
    assert identity() != before


def test_data_that_are_moved_are_the_same(tmp_path: Path) -> None:
    photos = class_folders(tmp_path / "photos", cat=1, dog=1)
    before = open_directly(str(photos)).dataset.header.content_hash
    (tmp_path / "far").mkdir()
    moved = photos.rename(tmp_path / "far" / "photos")
    assert open_directly(str(moved)).dataset.header.content_hash == before


def test_what_is_not_there_is_told_with_what_is_near(tmp_path: Path) -> None:
    class_folders(tmp_path / "photos", cat=1)
    assert refusal(tmp_path / "photo") == (
        f"DataError: {tmp_path}/photo: there is no such dataset; did you mean {tmp_path}/photos?"
    )
    assert refusal(tmp_path / "none" / "train") == (
        f"DataError: {tmp_path}/none/train: there is no such dataset"
    )


def test_a_list_tells_the_line_of_a_missing_file(tmp_path: Path) -> None:
    save(tmp_path / "a.png", plain((1, 2, 3)))
    path = written(tmp_path / "list.txt", "a.png 0\n\nb.png 1\n")
    assert refusal(path) == (
        f"DataError: {path}:3: there is no file {tmp_path}/b.png (1 of 2 are missing); its paths "
        "start at the list's folder; root_folder FOLDER says where they start"
    )
    assert refusal(path, Reading(root="x")) == (
        f"DataError: {path}:1: there is no file x/a.png (2 of 2 are missing); root_folder says "
        "where they start"
    )


def test_arrays_of_different_lengths_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data"], file["label"] = np.zeros((3, 2)), np.zeros(2)
    assert refusal(tmp_path / "a.h5") == (
        f"DataError: {tmp_path}/a.h5: its arrays have different numbers of records: data has 3, "
        "label has 2"
    )


def test_a_row_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "x,label\n1,0\n,1\n")
    assert refusal(path) == f"DataError: {path}:3: x is missing; repair it, or take it out"


def test_keys_for_images_go_with_images(tmp_path: Path) -> None:
    own = write(tmp_path / "a.lmdb", TINY)
    for reading, key in (
        (Reading(root="x"), "root_folder"),
        (Reading(size=(2, 2)), "new_height"),
        (Reading(gray=False), "is_color"),
    ):
        assert refusal(own, reading) == (
            f"UsageError: {key}: {own} is a dataset, whose images are as they were converted"
        )
    assert open_directly(str(own), Reading(takes_gray=True)).dataset.header.count == 2
    table = written(tmp_path / "a.csv", "x,label\n1,0\n2,1\n")
    assert (
        refusal(table, Reading(size=(2, 2))) == f"UsageError: new_height: {table} holds no images"
    )
    assert refusal(table, Reading(root="x")) == (
        f"UsageError: root_folder: only a list has paths, and {table} is none"
    )
    folder = database(tmp_path / "b", b"")
    assert refusal(folder, Reading(root="x")) == (
        f"UsageError: root_folder: only a list has paths, and {folder} is a database"
    )


def test_a_file_that_vanishes_while_it_is_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_folders(tmp_path / "a", cat=1)
    stat = os.stat

    def gone(path: str, *rest: object, **more: object) -> os.stat_result:
        if str(path).endswith(".png"):
            raise FileNotFoundError(2, "No such file or directory")
        return stat(path, *rest, **more)  # type: ignore[arg-type]  # whatever it is given

    monkeypatch.setattr("protonet.convert.direct.os.stat", gone)
    assert refusal(tmp_path / "a") == (
        f"DataError: {tmp_path}/a/cat/000.png: cannot be read: No such file or directory"
    )
