"""The sources of a set: all of them found, and as long as each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.data.known import Located, Search
from protonet.errors import SpecError
from protonet.run import opening
from protonet.run.found import find_sources
from protonet.schema import load_spec
from tests.data.tables import write
from tests.run.pairs import open_train, pixels, write_pairs


def refusal(path: Path, *overrides: str) -> list[str]:
    """Return the lines of the error that opening gives."""
    with pytest.raises(SpecError) as caught:
        open_train(path, *overrides)
    return [line.replace(f"{path.parent}/", "") for line in str(caught.value).splitlines()]


def test_sources_are_found_beside_the_spec_in_their_order(tmp_path: Path) -> None:
    spec = load_spec(write_pairs(tmp_path))
    first, second = find_sources("train", spec, Search(), pytest.fail)
    assert (first.place, second.place) == (("data", "train", 0), ("data", "train", 1))
    assert [one.dataset.path for one in (first, second)] == [
        f"{tmp_path}/images.lmdb",
        f"{tmp_path}/masks.lmdb",
    ]
    assert not first.is_stand_in


def test_a_source_of_the_command_line_lies_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    write(here / "mine.lmdb", {"data": pixels()})
    spec = load_spec(write_pairs(tmp_path), ["data.train.1.source=mine.lmdb"])
    paths = [one.dataset.path for one in find_sources("train", spec, Search(), pytest.fail)]
    assert paths == [f"{tmp_path}/images.lmdb", "mine.lmdb"]


def rewritten(path: Path, number: int, source: str) -> None:
    """Let a source of the training set, the first or the second, be another."""
    name = ("images.lmdb", "masks.lmdb")[number]
    path.write_text(path.read_text().replace(f"source: {name}", f"source: {source}", 1))


def test_datasets_of_one_source_are_read_as_one(tmp_path: Path) -> None:
    path = write_pairs(tmp_path)
    rewritten(path, 1, "[masks.lmdb, images.lmdb]")
    assert refusal(path)[0] == (
        "error[PN041] pairs.yaml:5:16 data.train.1.source: masks.lmdb and images.lmdb have 24 "
        "records, and images.lmdb, with which it is read in step, has 12"
    )
    rewritten(path, 0, "[masks.lmdb, images.lmdb]")
    first, second = find_sources("train", load_spec(path), Search(), pytest.fail)
    assert [len(first.dataset), len(second.dataset)] == [24, 24]
    assert first.dataset[12]["data"].tolist() == pixels()[0].tolist()


def test_datasets_of_one_source_are_alike(tmp_path: Path) -> None:
    path = write_pairs(tmp_path)
    write(tmp_path / "small.lmdb", {"data": pixels()[:, :, :5]})
    rewritten(path, 1, "[masks.lmdb, small.lmdb]")
    assert refusal(path)[0] == (
        "error[PN041] pairs.yaml:5:16 data.train.1.source: masks.lmdb and small.lmdb are read as "
        "one, and differ: data has the shape (1, 6, 6) in the first, and (1, 5, 6) in the second"
    )


def test_one_of_several_datasets_that_is_missing_is_named(tmp_path: Path) -> None:
    path = write_pairs(tmp_path)
    rewritten(path, 0, "{images.lmdb: 2, images.lmbd: 1}")
    rewritten(path, 1, "{masks.lmdb: 2, gone: 1}")
    assert [line for line in refusal(path) if line.startswith("error")] == [
        "error[PN040] pairs.yaml:4:16 data.train.0.source: images.lmbd: there is no such dataset; "
        "did you mean images.lmdb?",
        "error[PN040] pairs.yaml:5:16 data.train.1.source: gone: there is no such dataset",
    ]


def test_sources_of_different_lengths_are_not_in_step(tmp_path: Path) -> None:
    path = write_pairs(tmp_path)
    write(tmp_path / "masks.lmdb", {"data": pixels(11)}, force=True)
    assert refusal(path) == [
        "error[PN041] pairs.yaml:5:16 data.train.1.source: masks.lmdb has 11 records, and "
        "images.lmdb, with which it is read in step, has 12",
        "    5 |     - {source: masks.lmdb, fields: {data: mask}}",
        "      |                ^^^^^^^^^^",
        "      see: protonet explain PN041",
        "1 error in pairs.yaml",
    ]


def test_every_source_that_is_missing_is_told(tmp_path: Path) -> None:
    overrides = ("data.train.0.source=/no/a.lmdb", "data.train.1.source=/no/b.lmdb")
    lines = refusal(write_pairs(tmp_path), *overrides)
    assert [line for line in lines if line.startswith("error")] == [
        "error[PN040] command line:1:21 data.train.0.source: /no/a.lmdb: there is no such dataset",
        "error[PN040] command line:1:21 data.train.1.source: /no/b.lmdb: there is no such dataset",
    ]


def test_a_stand_in_is_told_from_the_set_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The set is not downloaded here, but located as if digits had taken its place."""
    said: list[str] = []

    def located(address: str, fallback: str | None, search: Search) -> Located:
        assert (address, fallback) == ("dataset://mnist/train", "digits")
        return Located(str(tmp_path / "images.lmdb"), "digits", ("mnist cannot be had",))

    monkeypatch.setattr(opening, "locate", located)
    second = "data.train.1={source: dataset://mnist/train, fallback: digits}"
    spec = load_spec(write_pairs(tmp_path), [second])
    images, digits = find_sources("train", spec, Search(), said.append)
    assert (images.is_stand_in, digits.is_stand_in) == (False, True)
    assert said == ["mnist cannot be had"]
    np.testing.assert_array_equal(digits.dataset[3]["data"], pixels()[3])
