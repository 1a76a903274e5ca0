"""Samples that are made up fit the net that takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protonet.data.dataset import ChunkedDataset
from protonet.data.layout import Array
from protonet.errors import PathError
from protonet.net import prove_phases
from protonet.run.made_up import made_up
from protonet.schema import Spec, load_spec

PLACE = ("data", "train")

IMAGES = """\
inputs: {label: {shape: [], dtype: int64}, data: {shape: [3, 6, 6], channels: BGR}}
layers:
  - {name: ip, type: InnerProduct, bottom: data, num_output: 5}
  - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
"""
TOKENS = """\
inputs: {tokens: {shape: [4], dtype: int64}, target: [8]}
layers:
  - {name: embed, type: Embed, bottom: tokens, input_dim: 30, num_output: 2}
  - {name: flat, type: Flatten}
  - {name: loss, type: SigmoidCrossEntropyLoss, bottom: [flat, target]}
"""
BOXES = """\
inputs: {data: [1, 6, 6], rois: [5]}
layers:
  - {name: pool, type: ROIPooling, bottom: [data, rois], pooled_h: 2, pooled_w: 2}
"""


def loaded(folder: Path, net: str, seed: int = 1) -> Spec:
    lines = "".join(f"  {line}\n" for line in net.splitlines())
    path = folder / "a.yaml"
    path.write_text(
        f"data: {{train: {{source: random, batch_size: 2}}}}\nnet:\n{lines}"
        f"solver: {{base_lr: 1, max_iter: 1, random_seed: {seed}}}\n"
    )
    return load_spec(path)


def made(folder: Path, net: str, count: int | None = 400, **more: Any) -> ChunkedDataset:
    spec = loaded(folder, net, **more)
    return made_up(prove_phases(spec.net)["train"], PLACE, count, spec)


def every(dataset: ChunkedDataset) -> dict[str, Array]:
    count = len(dataset)
    out: dict[str, Array] = {
        field.name: np.empty((count, *(field.shape or ())), field.dtype)
        for field in dataset.header.fields
    }
    dataset.gather(np.arange(count), out)
    return out


def test_images_are_bytes_and_labels_lie_within_the_classes(tmp_path: Path) -> None:
    dataset = made(tmp_path, IMAGES)
    records = every(dataset)
    assert list(records) == ["data", "label"]  # transforms are for the first
    assert records["data"].dtype == np.uint8
    assert records["data"].shape == (400, 3, 6, 6)
    assert set(records["label"].tolist()) == {0, 1, 2, 3, 4}
    assert dataset.header.channels == "BGR"


def test_indices_lie_within_their_table_and_targets_are_shares(tmp_path: Path) -> None:
    dataset = made(tmp_path, TOKENS)
    records = every(dataset)
    assert set(records["tokens"].reshape(-1).tolist()) == set(range(30))
    assert records["tokens"].dtype == np.int64
    assert records["target"].dtype == np.float32
    assert 0 <= records["target"].min() < 0.1 < 0.9 < records["target"].max() <= 1
    assert dataset.header.channels is None


def test_numbers_are_normal(tmp_path: Path) -> None:
    net = IMAGES.replace("{shape: [3, 6, 6], channels: BGR}", "[50]")
    values = every(made(tmp_path, net))["data"]
    # 20,000 numbers: the mean within 4 / √20000 of 0, the deviation of 1
    assert abs(values.mean()) < 0.03
    assert abs(values.std() - 1) < 0.03


def test_the_seed_of_the_spec_decides(tmp_path: Path) -> None:
    one, same, other = (every(made(tmp_path, IMAGES, seed=seed))["data"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_an_epoch_is_as_long_as_is_said(tmp_path: Path) -> None:
    assert len(made(tmp_path, IMAGES, None)) == 10_000
    assert len(made(tmp_path, IMAGES, 7)) == 7


def test_boxes_are_not_made_up(tmp_path: Path) -> None:
    with pytest.raises(PathError) as caught:
        made(tmp_path, BOXES)
    assert (caught.value.path, caught.value.why) == (
        ("data", "train", "source"),
        "the net's input rois takes boxes, which cannot be made up",
    )
