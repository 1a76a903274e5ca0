from __future__ import annotations

from pathlib import Path

import pytest

from protonet.caffe.context import find, is_there, places_of
from tests.caffe.reading import context


def test_files_are_looked_for_beside_above_and_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    places = places_of(tmp_path / "a" / "b" / "net.prototxt")

    assert places[:3] == (tmp_path / "a" / "b", here, tmp_path / "a")
    assert places[-1] == Path("/")


def test_a_path_stays_as_written_where_the_spec_finds_it(tmp_path: Path) -> None:
    (tmp_path / "data.h5").touch()

    assert context(places=[tmp_path]).path("data.h5") == "data.h5"


def test_a_path_that_starts_elsewhere_becomes_absolute(tmp_path: Path) -> None:
    home = tmp_path / "examples" / "mnist"
    home.mkdir(parents=True)
    (home / "train_lmdb").mkdir()

    found = context(places=places_of(home / "net.prototxt")).path("examples/mnist/train_lmdb")

    assert found == str(tmp_path / "examples/mnist/train_lmdb")


def test_a_path_to_nothing_stays_as_written(tmp_path: Path) -> None:
    assert context(places=[tmp_path, tmp_path]).path("no/where") == "no/where"


def test_the_first_place_wins(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").touch()

    assert find("x", [tmp_path / "b", tmp_path / "a"]) == tmp_path / "b" / "x"
    assert find("y", [tmp_path / "b", tmp_path / "a"]) is None


def test_a_table_of_a_data_set_is_there(tmp_path: Path) -> None:
    (tmp_path / "x.lmdb").mkdir()
    assert is_there(tmp_path / "x.lmdb")
    assert not is_there(tmp_path / "x.lmdb" / "train")

    (tmp_path / "x.lmdb" / "data.mdb").touch()
    (tmp_path / "y.h5").touch()

    assert is_there(tmp_path / "x.lmdb" / "train")
    assert is_there(tmp_path / "y.h5" / "train")


def test_a_file_that_is_to_be_made_goes_where_its_folder_is(tmp_path: Path) -> None:
    home, root = tmp_path / "home", tmp_path / "root"
    (root / "examples").mkdir(parents=True)
    home.mkdir()
    within = context(places=[home, root])
    assert within.new_path("out.h5") == "out.h5"
    assert within.new_path("examples/out.h5") == f"{root}/examples/out.h5"
    assert within.new_path("gone/out.h5") == "gone/out.h5"
