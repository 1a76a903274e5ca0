"""A run as TensorBoard's own reader sees it."""

from __future__ import annotations

import shutil
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.plugins.hparams import metadata
from tensorboard.util.tensor_util import make_ndarray

from protonet.errors import DataError, ProtonetError
from protonet.run.board.samples import Samples
from protonet.run.train import train
from protonet.schema import Spec
from protonet.snapshot import read_snapshot
from tests.run.board.pictures import squares_spec
from tests.run.test_events import read
from tests.small import small_spec


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def steps(folder: Path) -> dict[str, list[int]]:
    """Return the iterations at which each tag is shown."""
    accumulator = read(folder)
    tags = accumulator.Tags()
    return {tag: [event.step for event in accumulator.Scalars(tag)] for tag in tags["scalars"]} | {
        tag: [event.step for event in accumulator.Tensors(tag)] for tag in tags["tensors"]
    }


def trained(spec: Spec, **options: Any) -> Path:
    return train(spec, **options).folder


PICTURES = ["test/samples", "filters/conv/weight", "test/confusion"]
PARAMETERS = ["conv/weight", "conv/bias", "ip/weight", "ip/bias"]


def test_a_run_shows_everything_at_its_interval(tmp_path: Path) -> None:
    folder = trained(squares_spec(tmp_path, max_iter=7))
    found = steps(folder)
    assert found == {
        **dict.fromkeys(
            [
                *("train/loss", "train/lr", "train/images_per_second", "train/data_wait"),
                *("train/gradient_norm", "train/weight_norm", "train/update_ratio"),
                "memory/resident_MiB",
            ],
            [0, 2, 4, 6],
        ),
        **dict.fromkeys(["test/loss", "test/accuracy", *PICTURES], [0, 3, 6, 7]),
        **dict.fromkeys([f"weights/{name}" for name in PARAMETERS], [0, 3, 6, 7]),
        **dict.fromkeys([f"gradients/{name}" for name in PARAMETERS], [3, 6, 7]),
        **dict.fromkeys(["spec", metadata.SESSION_START_INFO_TAG], [0]),
        metadata.SESSION_END_INFO_TAG: [7],
    }
    graph = read(folder).Graph()
    assert [node.name for node in graph.node] == ["data", "label", "conv", "ip", "loss"]


def test_the_last_weights_are_those_of_the_snapshot(tmp_path: Path) -> None:
    folder = trained(squares_spec(tmp_path))
    weights = read_snapshot(folder / "snapshots" / "iter_6").weights
    accumulator = read(folder)
    for name in PARAMETERS:
        histogram = make_ndarray(accumulator.Tensors(f"weights/{name}")[-1].tensor_proto)
        numbers = weights[name].numpy()
        assert histogram[:, 2].sum() == numbers.size
        assert histogram[0, 0] == pytest.approx(float(numbers.min()), rel=1e-6)
        assert histogram[-1, 1] == pytest.approx(float(numbers.max()), rel=1e-6)


def test_norms_are_those_of_weights_before_and_after(tmp_path: Path) -> None:
    spec = squares_spec(tmp_path, max_iter=4, more="clip_gradients: 1e-3")
    folder = trained(spec, **{"solver.snapshot": 1, "solver.snapshot_keep": 9})
    before, after = (
        read_snapshot(folder / "snapshots" / name).weights for name in ("iter_2", "iter_3")
    )
    norm = sqrt(sum(float(one.norm()) ** 2 for one in before.values()))
    change = sqrt(sum(float((after[name] - before[name]).norm()) ** 2 for name in before))
    accumulator = read(folder)
    numbers = {
        name: {event.step: event.value for event in accumulator.Scalars(f"train/{name}")}[2]
        for name in ("weight_norm", "update_ratio", "gradient_norm")
    }
    assert numbers["weight_norm"] == pytest.approx(norm, rel=1e-5)
    # the step is base_lr times the clipped gradient, whose norm is 1e-3
    assert numbers["update_ratio"] == pytest.approx(1e-4 / norm, rel=1e-2)
    assert change == pytest.approx(1e-4, rel=1e-2)
    assert numbers["gradient_norm"] > 0.1  # as it was before it was clipped


def test_each_kind_has_an_interval_of_its_own(tmp_path: Path) -> None:
    more = (
        "tensorboard: {norms: 3, histograms: 0, images: 4, filters: 5 iterations, graph: false, "
        "confusion_matrix: false, hyperparameters: false, by_layer: true}"
    )
    folder = trained(squares_spec(tmp_path, more=more))
    found = steps(folder)
    assert found["train/weight_norm"] == found["gradient_norm/conv"] == [0, 3]
    assert found["memory/resident_MiB"] == [0, 3]
    assert found["test/samples"] == [0, 4, 6]
    assert found["filters/conv/weight"] == [0, 5, 6]
    left_out = ("weights/", "gradients/", "test/confusion", "_hparams_")
    assert not [tag for tag in found if tag.startswith(left_out)]
    assert not read(folder).Tags()["graph"]


def test_false_writes_no_event_file(tmp_path: Path) -> None:
    folder = trained(squares_spec(tmp_path, more="tensorboard: false"))
    assert not [*folder.glob("*tfevents*")]
    assert (folder / "metrics.jsonl").exists()


def test_a_net_without_pictures_shows_what_it_has(tmp_path: Path) -> None:
    found = steps(trained(small_spec(tmp_path)))
    assert found["weights/hidden/weight"] == [0, 4, 8, 10]
    assert not [tag for tag in found if tag.startswith("filters/") or tag == "test/samples"]


def test_a_resumed_run_shows_the_same_as_an_undisturbed_one(tmp_path: Path) -> None:
    spec = squares_spec(tmp_path, max_iter=7)
    folder = trained(spec, run=tmp_path / "whole")
    for name in ("iter_6", "iter_7"):
        shutil.rmtree(folder / "snapshots" / name)
    whole, tags = read(folder), steps(folder)

    trained(spec, run=folder, resume=True)

    assert steps(folder) == tags
    again = read(folder)
    for name in PARAMETERS:
        for kind in ("weights", "gradients"):
            pairs = zip(
                whole.Tensors(f"{kind}/{name}"), again.Tensors(f"{kind}/{name}"), strict=True
            )
            for one, other in pairs:
                assert np.array_equal(
                    make_ndarray(one.tensor_proto), make_ndarray(other.tensor_proto)
                )
    for tag in PICTURES:
        shown = [
            [event.tensor_proto.string_val for event in accumulator.Tensors(tag)]
            for accumulator in (whole, again)
        ]
        assert shown[0] == shown[1]


def test_training_is_the_same_with_and_without(tmp_path: Path) -> None:
    spec = squares_spec(tmp_path, more="ema: 0.9")
    weights = [
        read_snapshot(trained(spec, **{"solver.tensorboard": shown}) / "snapshots/iter_6").weights
        for shown in (True, False)
    ]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_updates_of_their_own_and_rules_without_gradients(tmp_path: Path) -> None:
    updates = (
        "updates: [{losses: [loss], params: ['conv/*'], every: 2, "
        "optimizer: SGD}, "
        "{losses: [loss], params: ['ip/*'], optimizer: {type: optim.Adam}}]"
    )
    found = steps(trained(squares_spec(tmp_path, more=updates)))
    assert found["gradients/ip/weight"] == [3, 6]
    assert found["gradients/conv/weight"] == [3]  # of iterations 2 and 5 one is due


def test_damaged_samples_are_told_with_their_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Samples) -> None:
        raise DataError("chunk 3 is damaged")

    monkeypatch.setattr(Samples, "read", refuse)
    with pytest.raises(ProtonetError) as caught:
        trained(squares_spec(tmp_path))
    assert str(caught.value).startswith("data.test: chunk 3 is damaged")
