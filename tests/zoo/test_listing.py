"""What models there are, and the index of a folder of models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protonet.errors import DataError
from protonet.zoo.index import PUBLISHED
from protonet.zoo.listing import Entry, entries, index_bytes, models_in
from protonet.zoo.pull import pull
from tests.zoo.conftest import Server
from tests.zoo.made import files_of, pushed

TINY = ("tiny", "classification", "accuracy 0.7500", "CC0")


def test_the_built_in_models_are_always_there() -> None:
    found = {entry.name: entry for entry in entries()}
    assert found.keys() == PUBLISHED.keys()
    one = found["resnet18"]
    assert (one.task, one.accuracy, one.where, one.pulled) == (
        "image classification",
        "top1 0.6976",
        "built-in",
        False,
    )


def test_models_of_mirrors_are_listed_and_which_are_pulled(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pushed(tmp_path / "models")
    for where in (str(folder), server.url):
        server.files = files_of(folder)
        monkeypatch.setenv("PROTONET_ZOO", where)
        assert Entry(*TINY, where, pulled=False) in entries()
    pull("tiny")
    assert Entry(*TINY, server.url, pulled=True) in entries()


def test_a_mirror_without_an_index_lists_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROTONET_ZOO", server.url)
    assert {entry.where for entry in entries()} == {"built-in"}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<html>", "this is no list of models"),
        (b'{"version": 1, "models": {"x": [1]}}', "this is no list of models"),
        (b'{"version": 2}', "written by a newer protonet; upgrade protonet to read it"),
    ],
)
def test_an_index_that_is_none_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch, data: bytes, why: str
) -> None:
    server.files = {"index.json": data}
    monkeypatch.setenv("PROTONET_ZOO", server.url)
    with pytest.raises(DataError) as raised:
        entries()
    assert str(raised.value) == f"{server.url}/index.json: {why}"


def test_the_index_of_a_folder_names_its_models(tmp_path: Path) -> None:
    folder = pushed(tmp_path)
    assert list(models_in(folder)) == ["tiny"]
    assert json.loads(index_bytes(folder))["models"] == {"tiny": list(TINY[1:])}
    assert index_bytes(folder) == (folder / "index.json").read_bytes()
