"""From a run, or a spec and weights, to a model that others pull."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from protonet.errors import DataError, SpecError, UsageError
from protonet.run.output import Silent
from protonet.run.publishing import Words, publish
from protonet.run.train import Result, train
from protonet.zoo.model import Model, read_model
from tests.small import small_file


@pytest.fixture
def run(tmp_path: Path) -> Result:
    """A finished training of the small net."""
    return train(small_file(tmp_path), run=tmp_path / "run")


def published(model: Path, folder: Path, weights: str | None = None, **words: str) -> Model:
    """Publish a model, and return what is said of it."""
    made = publish(model, weights, Words("small", **words), folder, Silent(), force=False)
    assert made == folder / "small"
    return read_model((made / "model.json").read_bytes(), "x")


def test_a_run_is_published_with_all_that_it_knows(tmp_path: Path, run: Result) -> None:
    model = published(run.folder, tmp_path / "models", licence="CC0")
    value = run.metrics["test"]["accuracy"]
    found = {one.metric: (one.value, one.data) for one in model.accuracy}
    assert found["accuracy"] == (value, "test")
    assert model.accuracy[0].by.endswith("after 10 iterations")
    assert (model.task, model.licence) == ("classification", "CC0")
    assert model.source.startswith("small, trained with protonet ")
    assert model.evaluation is not None
    assert (model.evaluation.classes, model.evaluation.shape) == (("a", "b", "c"), (6,))
    assert model.parameters == 6 * 5 + 5 + 5 * 3 + 3


def test_a_snapshot_is_published_with_its_own_weights(tmp_path: Path, run: Result) -> None:
    snapshot = run.folder / "snapshots" / "iter_4"
    published(snapshot, tmp_path / "models")
    given = safetensors.torch.load_file(snapshot / "weights.safetensors")
    made = safetensors.torch.load_file(tmp_path / "models/small/weights.safetensors")
    assert made.keys() == given.keys()
    assert all(torch.equal(made[name], given[name]) for name in given)


def test_a_spec_is_published_with_weights_and_prepares_samples_as_its_tests_do(
    tmp_path: Path,
) -> None:
    path = small_file(tmp_path)
    arrays = {
        "hidden/weight": np.ones((5, 6), "f4"),
        "hidden/bias": np.ones(5, "f4"),
        "scores/weight": np.ones((3, 5), "f4"),
        "scores/bias": np.ones(3, "f4"),
    }
    np.savez(tmp_path / "w.npz", allow_pickle=False, **arrays)
    model = published(path, tmp_path / "models", str(tmp_path / "w.npz"), task="t", source="s")
    assert (model.task, model.source, model.licence) == ("t", "s", "not stated")
    assert model.accuracy == ()
    assert model.evaluation is not None
    assert model.evaluation.classes == ("a", "b", "c")


def test_what_is_known_of_the_weights_goes_with_them(tmp_path: Path, run: Result) -> None:
    spec = tmp_path / "small.yaml"
    first = published(spec, tmp_path / "models", str(run.folder))
    assert first.accuracy
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROTONET_ZOO", str(tmp_path / "models"))
        second = published(spec, tmp_path / "others", "zoo://small")
    assert (second.accuracy, second.evaluation) == (first.accuracy, first.evaluation)
    assert second.files["weights.safetensors"] == first.files["weights.safetensors"]


def test_weights_that_lack_a_parameter_are_refused(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    one = {"hidden/bias": np.ones(5, "f4")}
    np.savez(tmp_path / "w.npz", allow_pickle=False, **one)
    with pytest.raises(DataError, match=r"3 of 4 parameters would stay as they are"):
        published(path, tmp_path / "models", str(tmp_path / "w.npz"))
    assert not (tmp_path / "models").exists()


def test_a_spec_needs_weights_and_a_run_has_them(tmp_path: Path, run: Result) -> None:
    with pytest.raises(UsageError) as raised:
        published(tmp_path / "small.yaml", tmp_path / "models")
    assert str(raised.value) == (
        f"{tmp_path}/small.yaml is a spec; name the weights of its net: --weights FILE"
    )
    with pytest.raises(UsageError) as raised:
        published(run.folder, tmp_path / "models", "w.npz")
    assert str(raised.value) == f"{run.folder} has weights of its own; leave out --weights"


PLUGIN = """\
import dataclasses
from protonet.layers.relu import RELU
MINE = dataclasses.replace(RELU, name="Mine")
"""


def test_a_net_that_needs_plugins_is_refused(tmp_path: Path) -> None:
    path = small_file(tmp_path)
    (tmp_path / "mine.py").write_text(PLUGIN)
    path.write_text("plugins: [mine.py]\n" + path.read_text().replace("type: ReLU", "type: Mine"))
    run = train(path, run=tmp_path / "run")
    with pytest.raises(UsageError) as raised:
        published(run.folder, tmp_path / "models")
    assert str(raised.value) == (
        f"{run.folder}: its net needs plugins, which a model of the zoo cannot hold"
    )


def test_a_spec_with_an_error_is_told_as_ever(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("net: {}\n")
    with pytest.raises(SpecError):
        published(tmp_path / "x.yaml", tmp_path / "models", "w.npz")
