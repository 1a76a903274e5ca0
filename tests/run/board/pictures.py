"""A dataset of small images and a spec of a net with a convolution, trained in a blink."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from protonet.data.header import FieldSpec
from protonet.data.table import create_tables
from protonet.schema import Spec, load_spec

SPEC = """\
name: squares
data:
  train: {{source: squares.lmdb/train, batch_size: 8, shuffle: true, transform: {{scale: 0.01}}}}
  test: {{source: squares.lmdb/test, batch_size: 10, transform: {{scale: 0.01}}}}
net:
  inputs: {{data: [3, 4, 4], label: {{shape: [], dtype: int64}}}}
  layers:
    - {{name: conv, type: Convolution, num_output: 4, kernel_size: 3, weight_filler: msra}}
    - {{name: ip, type: InnerProduct, num_output: 4, weight_filler: xavier}}
    - {{name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}}
    - {{name: accuracy, type: Accuracy, bottom: [ip, label], phase: test}}
    - {{name: confusion, type: ConfusionMatrix, bottom: [ip, label], phase: test}}
solver: {{base_lr: 0.1, max_iter: {max_iter}, display: 2, test_interval: 3, snapshot: 3,
         random_seed: 3, threads: 1{more}}}
"""
CLASSES = ("north west", "north east", "south west", "south east")


def squares(count: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return images, (count, 3, 4, 4), with one bright quarter each, sorted by class."""
    labels = np.sort(np.arange(count, dtype=np.int64) % 4)
    images = np.zeros((count, 3, 4, 4), np.uint8)
    images += np.arange(count, dtype=np.uint8)[:, None, None, None]
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = 200
    return images, labels


def squares_spec(folder: Path, *, max_iter: int = 6, more: str = "") -> Spec:
    """Write the dataset and the spec into a folder, and load the spec."""
    fields = (
        FieldSpec(name="data", dtype="uint8", shape=(3, 4, 4)),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    with create_tables(folder / "squares.lmdb") as created:
        for name, count in (("train", 80), ("test", 40)):
            images, labels = squares(count)
            table = created.table(name, fields, channels="RGB", classes=CLASSES)
            table.write({"data": images, "label": labels})
    path = folder / "squares.yaml"
    path.write_text(SPEC.format(max_iter=max_iter, more=more and f", {more}"))
    return load_spec(path)
