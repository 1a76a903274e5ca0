from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from protonet.errors import DataError, SpecError, UsageError
from protonet.run.named import load_named
from protonet.run.train import train
from tests.small import small_file
from tests.zoo.made import pushed


def test_a_run_and_a_snapshot_have_their_spec_and_their_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = small_file(tmp_path)
    expected = load_named(str(path))
    assert expected.weights is None
    run = train(path).folder
    path.unlink()
    shutil.copytree(run / "snapshots" / "iter_4", "alone")
    for name in (str(run), f"{run}/snapshots/iter_4", "alone"):
        named = load_named(name)
        assert named.weights == name
        assert named.spec.net == expected.spec.net
        assert named.spec.data["test"].batch_size == 7


def test_overrides_change_a_run_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = str(train(small_file(tmp_path)).folder)
    assert load_named(run, ["data.test.batch_size=20"]).spec.data["test"].batch_size == 20
    with pytest.raises(SpecError) as caught:
        load_named(run, ["data.test.batchsize=20"])
    assert [problem.path for problem in caught.value.problems] == ["data.test.batchsize"]


def test_what_is_no_net_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    with pytest.raises(DataError) as folder:
        load_named("photos")
    assert str(folder.value) == "photos: neither a snapshot nor a run that has one"
    with pytest.raises(UsageError) as file:
        load_named("gone.yaml")
    assert str(file.value) == "gone.yaml: no such file"


def test_a_model_of_the_zoo_is_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTONET_ZOO", str(tmp_path))
    pushed(tmp_path)
    named = load_named("zoo://tiny", ["name=other"])
    assert (named.spec.run_name, named.weights) == ("other", "zoo://tiny")


def test_the_folder_of_a_model_is_one_too(tmp_path: Path) -> None:
    folder = str(pushed(tmp_path) / "tiny")
    named = load_named(folder, ["name=other"])
    assert (named.spec.run_name, named.weights) == ("other", folder)
