from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protonet.errors import DataError
from protonet.run.import_data import Means, check_mean, settle_data
from protonet.run.import_files import Target
from protonet.schema import load_spec

NET = """\
net:
  inputs: {data: [1, 2, 2]}
  layers: [{name: s, type: Silence}]
"""
SOLVER = "solver: {base_lr: 1, max_iter: 1, weights: w.npz}\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    np.save("mean.npy", np.ones((1, 1, 2, 2)))
    Path("there.lmdb").mkdir()


def settled(sets: str, out: str = "made", mean: Path | None = None) -> tuple[Any, Means]:
    Path("net.yaml").write_text(f"data:\n{sets}\n{NET}")
    spec = load_spec("net.yaml")
    data = {"data": {name: dict(keys) for name, keys in spec.expanded.data["data"].items()}}
    means = settle_data(spec, data, Target.at(Path(out)), mean)
    return data["data"], means


def test_paths_are_seen_from_the_new_file(tmp_path: Path) -> None:
    sets = "  test: {source: there.lmdb, batch_size: 1}"

    assert settled(sets)[0]["test"]["source"] == "../there.lmdb"
    assert settled(sets, "a/b/c/d")[0]["test"]["source"] == str(tmp_path / "home" / "there.lmdb")
    assert settled("  test: {source: dataset://mnist/test, batch_size: 1}")[0]["test"] == {
        "source": "dataset://mnist/test",
        "batch_size": 1,
    }


def test_every_dataset_of_a_source_is_seen_from_the_new_file() -> None:
    data, means = settled(
        "  train:\n"
        "    {source: {there.lmdb: 3, dataset://digits/train: 1, none.lmdb: 2}, batch_size: 1}\n"
        "  test: {source: [there.lmdb, none.lmdb], batch_size: 1}"
    )
    weights = {"../there.lmdb": 3, "dataset://digits/train": 1, "none.lmdb": 2}
    assert data["train"]["source"] == weights
    assert data["test"]["source"] == ["../there.lmdb", "none.lmdb"]
    assert means.missing == ["there is no none.lmdb; change it before you train"] * 2


def test_what_is_not_there_stays_as_it_is_written_and_is_told() -> None:
    transform = "transform: {mean_file: none.npy}"
    data, means = settled(f"  test: {{source: none.lmdb, batch_size: 1, {transform}}}")

    assert data["test"]["source"] == "none.lmdb"
    assert means.missing == [
        "there is no none.lmdb; change it before you train",
        "there is no mean image none.npy",
    ]


def test_a_mean_image_is_taken_along_once() -> None:
    transform = "transform: {mean_file: mean.npy}"
    entry = f"{{source: there.lmdb, batch_size: 1, {transform}}}"
    data, means = settled(f"  train: {entry}\n  test: {entry}", "x.yaml")

    assert [keys["transform"]["mean_file"] for keys in data.values()] == ["x_mean.npy"] * 2
    assert {name: array.shape for name, array in means.arrays.items()} == {"x_mean.npy": (1, 2, 2)}


def test_a_mean_image_of_a_list_is_taken_along_too() -> None:
    steps = "transform: [{type: Mean, file: mean.npy}, {type: Scale, factor: 2}]"
    data, _ = settled(f"  test: {{source: there.lmdb, batch_size: 1, {steps}}}")

    assert data["test"]["transform"][0] == {"type": "Mean", "file": "mean.npy"}


def test_a_given_mean_takes_the_place_of_numbers() -> None:
    np.save("other.npy", np.zeros((1, 2, 2)))
    numbers = "transform: {mean_value: 3, scale: 2}"
    data, means = settled(
        f"  train: {{source: there.lmdb, batch_size: 1, {numbers}}}\n"
        "  test: {source: there.lmdb, batch_size: 1}",
        mean=Path("other.npy"),
    )

    assert data["train"]["transform"] == {"scale": 2, "mean_file": "mean.npy"}
    assert data["test"]["transform"] == {"mean_file": "mean.npy"}
    assert means.arrays["mean.npy"].sum() == 0


def test_weights_to_start_from_are_seen_from_the_new_file() -> None:
    Path("w.npz").touch()
    Path("net.yaml").write_text(NET + SOLVER)
    spec = load_spec("net.yaml")
    data = {"solver": dict(spec.expanded.data["solver"])}

    settle_data(spec, data, Target.at(Path("made")), None)

    assert data["solver"]["weights"] == "../w.npz"


def test_a_mean_of_other_channels_is_refused() -> None:
    means = Means({"mean.npy": np.ones((3, 4, 4), np.float32)})
    check_mean(means, {"data": ("N", 3, 2, 2), "label": ("N",)})

    with pytest.raises(DataError) as error:
        check_mean(means, {"data": ("N", 1, 2, 2)})
    assert str(error.value) == (
        "mean.npy: the mean has the shape (3, 4, 4), and the net reads data (N, 1, 2, 2)"
    )


def test_the_folder_of_images_is_seen_from_the_new_file() -> None:
    Path("list.txt").touch()
    Path("far").mkdir()
    for root, expected in (("far", "../far"), ("none", "none")):
        entry = f"{{source: list.txt, root_folder: {root}, batch_size: 1}}"
        data, _ = settled(f"  test: {entry}")
        assert data["test"]["root_folder"] == expected


def test_samples_that_are_made_up_lie_nowhere() -> None:
    data, means = settled("  test: {source: random, batch_size: 1}")
    assert (data["test"]["source"], means.missing) == ("random", [])
