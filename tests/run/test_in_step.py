"""Sources that are read in step, from the spec to the end of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from protonet.data.layout import Array
from protonet.errors import UsageError
from protonet.run.facts import resolved, spec_text
from protonet.run.job import prepare
from protonet.run.measure import measure
from protonet.run.output import Silent
from protonet.run.train import TrainOptions, run_training, train
from protonet.schema import load_spec, respecified
from protonet.snapshot import read_snapshot
from tests.data.tables import write
from tests.run.pairs import batches, open_train, pixels, write_pairs
from tests.run.test_output import Shown

HALF: dict[str, Any] = {"solver.max_iter": 4}
"""Override that stops a run in its middle."""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_pairs(tmp_path)


def test_an_image_comes_with_its_own_label_image(path: Path) -> None:
    data, masks = batches(*open_train(path), count=6, seed=1)
    np.testing.assert_array_equal(masks, data > 127)
    assert sorted(image.tobytes() for image in data[:12].astype(np.uint8)) == sorted(
        image.tobytes() for image in pixels()
    )
    assert not np.array_equal(data[:12], pixels())  # they are shuffled


def test_a_set_of_sources_is_as_long_as_each_and_named_by_place(path: Path) -> None:
    opened, _ = open_train(path)
    assert len(opened) == 12
    assert list(opened.by_name()) == ["train.0", "train.1"]
    assert opened.classes is None


def test_classes_are_those_of_the_first_source_that_has_some(path: Path) -> None:
    names = ("dark", "bright")
    masks: dict[str, Array] = {"data": pixels(), "label": np.zeros(12, np.int64)}
    write(path.parent / "masks.lmdb", masks, classes=names, force=True)
    assert open_train(path)[0].classes == names


def test_training_learns_from_both_and_tests_on_both(path: Path) -> None:
    """A pixel is 1 where it is bright: weights of either sign around a bias say so."""
    scaled = "data.{}.0.transform={{mean_value: 127.5, scale: 0.01}}"
    spec = load_spec(path, [*map(scaled.format, ("train", "val")), "solver.max_iter=200"])
    found = train(spec).metrics["val"]["accuracy"]
    assert isinstance(found, float)
    assert found > 0.95
    again = measure(spec, None, None, Silent())["val"]["accuracy"]
    assert again.value == pytest.approx(found)
    assert again.counts is not None
    assert again.counts[1] == 432  # 12 images of 36 pixels


def test_a_resumed_run_ends_as_if_nothing_had_happened(path: Path) -> None:
    spec = respecified(load_spec(path), ["data.train.0.transform={mirror: true, scale: 0.01}"])
    train(spec, run="whole")
    train(spec, run="cut", **HALF)
    train(spec, run="cut", resume=True)
    whole, cut = (read_snapshot(Path(run) / "snapshots/iter_8").weights for run in ("whole", "cut"))
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def test_a_run_says_and_records_every_source(path: Path) -> None:
    output = Shown()
    run_training(load_spec(path), TrainOptions(run=Path("run"), output=output))
    assert "train: 12 records of images.lmdb and masks.lmdb" in output.lines
    hashes = {
        name: source.header.content_hash
        for opened in prepare(load_spec(path), None, pytest.fail).sets.values()
        for name, source in opened.by_name().items()
    }
    assert list(hashes) == ["train.0", "train.1", "val.0", "val.1"]
    assert len(set(hashes.values())) == 2
    facts = json.loads(Path("run/run.json").read_text())["data"]
    assert {name: fact["content_hash"] for name, fact in facts.items()} == hashes
    assert facts["val.1"]["path"] == "masks.lmdb"
    assert read_snapshot(Path("run/snapshots/iter_8")).state.data == hashes


def test_a_resolved_spec_finds_every_source_from_anywhere(path: Path) -> None:
    folder, elsewhere = path.parent, path.parent / "elsewhere"
    elsewhere.mkdir()
    overrides = [
        "data.train.0.transform={mean_file: mean.npy}",
        "data.val.1.transform=[{type: Mean, file: mean.npy}]",
        "data.val.0.source=dataset://digits/test",
    ]
    path.write_text(
        path.read_text().replace("fields:", "transform: {mean_file: m.npy}, fields:", 1)
    )
    plain = resolved(load_spec(path, overrides))
    train_set, val = plain["data"]["train"], plain["data"]["val"]
    assert [one["source"] for one in train_set] == [f"{folder}/images.lmdb", f"{folder}/masks.lmdb"]
    assert [one["source"] for one in val] == ["dataset://digits/test", f"{folder}/masks.lmdb"]
    assert train_set[0]["transform"] == {"mean_file": f"{folder}/mean.npy"}
    assert train_set[1]["transform"] == {"mean_file": f"{folder}/m.npy"}
    assert val[1]["transform"] == [{"type": "Mean", "file": f"{folder}/mean.npy"}]
    (elsewhere / "spec.yaml").write_text(spec_text(plain))
    assert resolved(load_spec(elsewhere / "spec.yaml")) == plain


def test_other_records_of_a_later_source_are_another_training(path: Path) -> None:
    train(load_spec(path), run="run", **HALF)
    write(path.parent / "masks.lmdb", {"data": pixels() // 200}, force=True)
    with pytest.raises(UsageError) as caught:
        train(load_spec(path), run="run", resume=True)
    assert str(caught.value) == (
        "run/snapshots/iter_4: belongs to another training: data.train.1 holds other records now "
        "(masks.lmdb). Put it back, or train anew without --resume"
    )


def test_a_later_source_under_other_transforms_is_another_training(path: Path) -> None:
    spec = load_spec(path, ["data.train.1.transform={mirror: false}"])
    train(spec, run="run", **HALF)
    with pytest.raises(UsageError) as caught:
        train(respecified(spec, ["data.train.1.transform.mirror=true"]), run="run", resume=True)
    assert str(caught.value) == (
        "run/snapshots/iter_4: belongs to another training: data.train.1.transform.mirror was "
        "false, is true. Put it back, or train anew without --resume"
    )


def test_sources_that_moved_are_the_same_data(path: Path) -> None:
    train(load_spec(path), run="run", **HALF)
    (path.parent / "masks.lmdb").rename(path.parent / "moved.lmdb")
    path.write_text(path.read_text().replace("masks.lmdb", "moved.lmdb"))
    assert train(load_spec(path), run="run", resume=True).iteration == 8
