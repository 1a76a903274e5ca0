"""Labels as shares of the classes, from the spec to what the net is fed and a resumed run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from protonet.data.layout import Array
from protonet.distributed.group import ALONE, Group
from protonet.errors import DataError, PathError, SpecError
from protonet.net import Net
from protonet.run.sets import OpenSet, open_sets
from protonet.run.train import train
from protonet.schema import load_spec, located
from protonet.snapshot import read_snapshot
from tests.data.tables import write
from tests.run.pairs import batches

CLASSES = ("a", "b", "c")
MIXED = [{"type": "MixUp", "alpha": 1, "probability": 0.5}, {"type": "CutMix", "probability": 0.5}]

HALF: dict[str, Any] = {"solver.max_iter": 4}
"""Override that stops a run in its middle."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(4).integers(0, 256, (12, 1, 6, 6)).astype(np.uint8)
    columns: dict[str, Array] = {"data": pixels, "label": np.arange(12, dtype=np.int64) % 3}
    write(tmp_path / "images.lmdb", columns, classes=CLASSES)
    return tmp_path


def written(folder: Path, transform: Any, label: Any = (3,), batch_size: int = 4) -> Path:
    label = list(label) if isinstance(label, tuple) else label
    net = {
        "inputs": {"data": [1, 6, 6], "label": label},
        "layers": [
            {"name": "scores", "type": "InnerProduct", "num_output": 3, "weight_filler": "xavier"},
            {"name": "loss", "type": "SoftmaxWithLoss", "bottom": ["scores", "label"]},
            {"name": "class", "type": "ArgMax", "bottom": "label", "phase": "test"},
            {
                "name": "accuracy",
                "type": "Accuracy",
                "bottom": ["scores", "class"],
                "phase": "test",
            },
        ],
    }
    train_set = {"source": "images.lmdb", "batch_size": batch_size, "shuffle": True}
    data = {
        "train": {**train_set, "transform": transform},
        "val": {"source": "images.lmdb", "batch_size": 5, "transform": [{"type": "OneHot"}]},
    }
    solver = {"base_lr": 0.1, "max_iter": 8, "snapshot": 4, "random_seed": 3, "threads": 1}
    path = folder / "mixed.yaml"
    path.write_text(yaml.safe_dump({"data": data, "net": net, "solver": solver}, sort_keys=False))
    return path


def opened(path: Path, name: str = "train") -> tuple[OpenSet, Net]:
    spec = load_spec(path)
    net = Net(spec.net, "train" if name == "train" else "test")
    with located(spec):
        return open_sets(spec, {name: net}, pytest.fail)[name], net


def refusal(path: Path) -> tuple[str, str]:
    """Return the first line of the error that opening gives, and its hint."""
    with pytest.raises(SpecError) as caught:
        opened(path)
    (problem,) = caught.value.problems
    return problem.render().splitlines()[0].replace(f"{path.parent}/", ""), problem.hint


def test_one_hot_labels_are_1_at_their_class(folder: Path) -> None:
    one, net = opened(written(folder, [{"type": "OneHot"}]), "val")
    _, shares = batches(one, net, 2)

    np.testing.assert_array_equal(shares, np.eye(3)[np.arange(10) % 3])
    assert shares.dtype == np.float32


def test_image_and_label_are_mixed_by_the_same_shares(folder: Path) -> None:
    """Even images whose brightness is their class: the mean pixel is the mean class."""
    even = np.repeat(np.arange(12) % 3 * 100, 36).reshape(12, 1, 6, 6).astype(np.uint8)
    columns: dict[str, Array] = {"data": even, "label": np.arange(12, dtype=np.int64) % 3}
    write(folder / "images.lmdb", columns, classes=CLASSES, force=True)

    images, shares = batches(*opened(written(folder, MIXED)), 20)

    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(images.mean((1, 2, 3)), shares @ [0, 100, 200], atol=0.01)
    assert ((shares > 0).sum(1) > 1).mean() > 0.3


def test_a_mixed_run_that_is_resumed_ends_as_if_nothing_had_happened(folder: Path) -> None:
    random = [{"type": "RandomResizedCrop", "size": 6}, {"type": "TrivialAugment"}, *MIXED]
    spec = load_spec(written(folder, [*random, {"type": "GaussianNoise", "std": 2}]))
    train(spec, run="whole")
    train(spec, run="cut", **HALF)
    train(spec, run="cut", resume=True)

    whole, cut = (read_snapshot(Path(run) / "snapshots/iter_8").weights for run in ("whole", "cut"))
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def test_accuracy_is_measured_on_the_largest_share(folder: Path) -> None:
    result = train(load_spec(written(folder, MIXED)))

    assert set(result.metrics["val"]) == {"accuracy", "loss"}


@pytest.mark.parametrize("count", [2, 3])
def test_processes_mix_as_one_does_where_pairs_stay_together(folder: Path, count: int) -> None:
    one, net = opened(written(folder, MIXED, batch_size=12))
    alone = batches(one, net, 1, seed=5)

    parts = [
        batches(replace(one, group=group(rank, count)), net, 1, seed=5) for rank in range(count)
    ]

    for column, expected in enumerate(alone):
        np.testing.assert_array_equal(np.concatenate([part[column] for part in parts]), expected)


def group(rank: int, count: int) -> Group:
    return replace(ALONE, rank=rank, count=count)


def test_refuses_processes_that_part_a_pair(folder: Path) -> None:
    one, _ = opened(written(folder, MIXED, batch_size=6))
    with pytest.raises(PathError) as caught:
        replace(one, group=group(0, 2))

    assert caught.value.path == ("data", "train", "batch_size")
    assert caught.value.why == (
        "batches of 6 over 2 processes part pairs of samples that are mixed with each other"
    )
    assert caught.value.hint == "a multiple of 4 keeps them together"


def test_one_hot_has_no_pairs_to_part(folder: Path) -> None:
    one, _ = opened(written(folder, [{"type": "OneHot"}], batch_size=6))

    assert replace(one, group=group(0, 4)).group.count == 4


def test_numbers_that_are_no_classes_are_mixed_as_they_are(folder: Path) -> None:
    rng = np.random.default_rng(1)
    columns: dict[str, Array] = {
        "data": rng.integers(0, 256, (12, 1, 6, 6)).astype(np.uint8),
        "label": rng.random((12, 3)).astype(np.float32),
    }
    write(folder / "images.lmdb", columns, force=True)

    _, mixed = batches(*opened(written(folder, [{"type": "MixUp", "alpha": 1}])), 3)
    _, plain = batches(*opened(written(folder, [{"type": "OneHot"}])), 3)

    np.testing.assert_allclose(mixed[0::2] + mixed[1::2], mixed[0::2] + mixed[1::2])
    within = (
        np.minimum(plain[0::2], plain[1::2]) - 1e-6,
        np.maximum(plain[0::2], plain[1::2]) + 1e-6,
    )
    assert ((mixed[0::2] >= within[0]) & (mixed[0::2] <= within[1])).all()
    assert not np.allclose(mixed, plain)


def test_a_label_outside_the_classes_is_refused(folder: Path) -> None:
    columns: dict[str, Array] = {
        "data": np.zeros((4, 1, 6, 6), np.uint8),
        "label": np.array([0, 1, 3, 2]),
    }
    write(folder / "images.lmdb", columns, force=True)
    one, net = opened(written(folder, [{"type": "OneHot"}]), "val")
    with pytest.raises(DataError) as caught:
        batches(one, net, 1)
    assert str(caught.value) == (
        "label: label 3 is outside the 3 classes (0 to 2), first at sample 2 of the batch"
    )


@pytest.mark.parametrize(
    ("label", "why", "hint"),
    [
        (
            {"shape": [], "dtype": "int64"},
            "it makes shares of the classes of label, and the net's input takes one number each",
            "net.inputs.label: [3] fits",
        ),
        (
            {"shape": [3], "dtype": "int64"},
            "it makes shares of the classes of label, and the net's input takes int64",
            "net.inputs.label: {dtype: float32} fits",
        ),
        (
            {"shape": [3, "T"]},
            "it makes shares of the classes of label, and the net's input takes (3, T)",
            "net.inputs.label: [3] fits",
        ),
    ],
)
def test_refuses_an_input_that_takes_no_shares(
    folder: Path, label: Any, why: str, hint: str
) -> None:
    path = written(folder, [{"type": "Mirror"}, {"type": "MixUp"}], label)
    if "T" in label["shape"]:  # what no loss of ours compares with scores
        spec = yaml.safe_load(path.read_text())
        spec["net"]["layers"] = [
            {"name": blob, "type": "Reduction", "bottom": blob} for blob in ("data", "label")
        ]
        path.write_text(yaml.safe_dump(spec))
    line, told = refusal(path)

    assert line.partition(" ")[2].partition(" ")[2] == (
        f"data.train.transform.1: transform 2 (MixUp): {why}"
    )
    assert told == hint


def test_refuses_labels_of_several_whole_numbers(folder: Path) -> None:
    columns: dict[str, Array] = {
        "data": np.zeros((4, 1, 6, 6), np.uint8),
        "label": np.zeros((4, 3), np.int64),
    }
    write(folder / "images.lmdb", columns, force=True)

    line, _ = refusal(written(folder, [{"type": "OneHot"}]))

    assert line.endswith(
        "data.train.transform.0: transform 1 (OneHot): it makes shares of class labels, and label "
        "is stored as (3) of whole numbers"
    )


def test_refuses_sources_read_in_step(folder: Path) -> None:
    write(folder / "labels.lmdb", {"label": np.arange(12, dtype=np.int64) % 3})
    path = written(folder, MIXED)
    spec = yaml.safe_load(path.read_text())
    write(folder / "images.lmdb", {"data": np.zeros((12, 1, 6, 6), np.uint8)}, force=True)
    spec["data"]["train"] = [spec["data"]["train"], {"source": "labels.lmdb"}]
    del spec["data"]["val"]
    path.write_text(yaml.safe_dump(spec))

    with pytest.raises(SpecError) as caught:
        opened(path)

    assert [problem.why for problem in caught.value.problems][0] == (
        "transform 1 (MixUp): it takes samples and their labels from one source, and this set has "
        "several"
    )


def test_labels_that_lack_one_hot_are_told_of_it(folder: Path) -> None:
    line, hint = refusal(written(folder, []))

    assert line.endswith(
        "data.train.source: a sample of label has the shape (), the net's input takes (3)"
    )
    assert hint == (
        "net.inputs.label: [] fits these data; "
        "transform: [{type: OneHot}] makes shares of the classes of numbers"
    )
