"""From a path to a dataset: formats and tables are found, and what is missing is said."""

from __future__ import annotations

import gc
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

import protonet.data
from protonet.data.open import open_dataset, tables_of
from protonet.data.table import create_tables
from protonet.errors import DataError
from tests.data.tables import FORMATS, TINY, fields_of, read, read_path, same, write


def two_tables(path: Path) -> Path:
    with create_tables(path) as tables:
        for name in ("train", "test"):
            tables.table(name, fields_of(TINY)).write(TINY)
    return path


def why(path: str | Path) -> str:
    with pytest.raises(DataError) as caught:
        open_dataset(path)
    return str(caught.value)


@pytest.mark.parametrize("ending", ["lmdb", "h5", "hdf5"])
def test_the_only_table_needs_no_name(tmp_path: Path, ending: str) -> None:
    write(tmp_path / f"a.{ending}", TINY)
    write(tmp_path / f"b.{ending}", TINY, table="train")
    assert same(read_path(tmp_path / f"a.{ending}"), TINY)
    assert same(read_path(tmp_path / f"b.{ending}"), TINY)
    assert same(read_path(tmp_path / f"b.{ending}" / "train"), TINY)


def test_a_dataset_is_known_by_its_contents_where_its_name_says_nothing(tmp_path: Path) -> None:
    for ending in FORMATS:
        write(tmp_path / f"a.{ending}", TINY, table="train").parent.rename(tmp_path / f"x{ending}")
        assert same(read_path(tmp_path / f"x{ending}" / "train"), TINY)


def test_relative_paths_and_texts_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.lmdb", TINY)
    monkeypatch.chdir(tmp_path)
    with open_dataset("./a.lmdb/") as dataset:
        assert dataset.path == "./a.lmdb/"
        assert len(dataset) == 2
        monkeypatch.chdir("/")
        with pickle.loads(pickle.dumps(dataset)) as copy:
            assert copy.path == "./a.lmdb/"
            assert same(read(copy), TINY)


@pytest.mark.parametrize("ending", FORMATS)
def test_of_several_tables_one_must_be_named(tmp_path: Path, ending: str) -> None:
    path = two_tables(tmp_path / f"a.{ending}")
    assert why(path) == f"{path}: it holds 2 tables; open {path}/test or {path}/train"
    assert same(read_path(path / "test"), TINY)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_table_that_is_not_there_is_named_with_the_nearest(tmp_path: Path, ending: str) -> None:
    path = two_tables(tmp_path / f"a.{ending}")
    assert why(path / "trian") == f'{path}: it has no table "trian"; did you mean train?'
    assert why(path / "validation") == (f'{path}: it has no table "validation"; known: test, train')


@pytest.mark.parametrize("ending", FORMATS)
def test_an_unnamed_table_is_not_found_by_a_name(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"a.{ending}", TINY)
    assert why(path / "train") == (
        f'{path}: it has no table "train"; its only table has no name: open {path}'
    )


def test_a_path_where_nothing_is_says_what_is_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "mnist.lmdb", TINY)
    assert why(tmp_path / "minst.lmdb") == (
        f"{tmp_path}/minst.lmdb: there is no such dataset; did you mean {tmp_path}/mnist.lmdb?"
    )
    monkeypatch.chdir(tmp_path)
    assert why("minst.lmdb/train") == (
        "minst.lmdb/train: there is no such dataset; did you mean mnist.lmdb/train?"
    )
    assert why("photos.lmdb") == "photos.lmdb: there is no such dataset"
    assert why("/nowhere/at/all.h5") == "/nowhere/at/all.h5: there is no such dataset"


def test_a_folder_that_is_no_dataset_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    assert why(tmp_path / "photos") == (
        f"{tmp_path}/photos: it is a folder without data.mdb, so no dataset; make one: "
        f"protonet convert {tmp_path}/photos {tmp_path}/new_photos.lmdb"
    )


def test_a_file_that_is_no_dataset_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("cat.jpg 0\n")
    assert why(tmp_path / "list.txt") == (
        f"{tmp_path}/list.txt: it is neither LMDB nor HDF5, so no dataset; make one: "
        f"protonet convert {tmp_path}/list.txt {tmp_path}/new_list.lmdb"
    )


@pytest.mark.parametrize("ending", FORMATS)
def test_a_dataset_that_is_let_go_leaves_nothing_open(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"a.{ending}", TINY)
    read_path(path)  # whatever is imported and cached once
    gc.collect()  # or what other tests left would be let go of below
    before = os.listdir("/proc/self/fd")
    for _ in range(20):
        with open_dataset(path) as dataset:
            dataset[0]
        open_dataset(path)[1]
    assert os.listdir("/proc/self/fd") == before


def test_the_rooms_door_opens_datasets() -> None:
    assert protonet.data.open_dataset is open_dataset


def test_a_dataset_survives_its_replacement(tmp_path: Path) -> None:
    """A run that reads goes on with what it opened, while `convert --force` writes anew."""
    for ending in FORMATS:
        path = write(tmp_path / f"a.{ending}", TINY)
        with open_dataset(path) as dataset:
            other = {name: np.flip(column, 0) for name, column in TINY.items()}
            write(path, other, force=True)
            assert same(read(dataset), TINY)
        assert same(read_path(path), other)


@pytest.mark.parametrize("ending", FORMATS)
def test_tables_are_listed_by_name(tmp_path: Path, ending: str) -> None:
    assert tables_of(two_tables(tmp_path / f"a.{ending}")) == ["test", "train"]
    write(tmp_path / f"b.{ending}", TINY)
    assert tables_of(str(tmp_path / f"b.{ending}")) == [""]


def test_where_no_dataset_is_none_has_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_tables(tmp_path / "mnist.lmdb")
    monkeypatch.chdir(tmp_path)
    for path, reason in (
        ("minst.lmdb", "there is no such dataset; did you mean mnist.lmdb?"),
        ("mnist.lmdb/train", "there is no such dataset"),  # a table has no tables
    ):
        with pytest.raises(DataError) as caught:
            tables_of(path)
        assert str(caught.value) == f"{path}: {reason}"
