"""A dataset and a spec small enough to train in a blink: 60 points of 6 numbers in 3 classes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from protonet.data.header import FieldSpec
from protonet.data.table import create_tables
from protonet.net import Net
from protonet.schema import Spec, load_spec

SPEC = """\
name: small
data:
  train: {{source: points.lmdb/train, batch_size: 8, shuffle: true}}
  test: {{source: points.lmdb/test, batch_size: 7}}
net:
  inputs: {{data: [6], label: {{shape: [], dtype: int64}}}}
  layers:
    - {{name: hidden, type: InnerProduct, num_output: 5, weight_filler: xavier}}
    - {{name: relu, type: ReLU}}
    - {{name: drop, type: Dropout}}
    - {{name: scores, type: InnerProduct, num_output: 3, weight_filler: xavier}}
    - {{name: loss, type: SoftmaxWithLoss, bottom: [scores, label]}}
    - {{name: accuracy, type: Accuracy, bottom: [scores, label], phase: test}}
solver: {{base_lr: 0.1, momentum: 0.9, max_iter: {max_iter}, display: 2, test_interval: 4,
         snapshot: 4, random_seed: 3, threads: 1{more}}}
"""

Arrays = Mapping[str, npt.NDArray[np.generic]]


def points(count: int, seed: int) -> Arrays:
    """Return points around three corners, and the corner of each."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int64) % 3
    values = generator.normal(0, 0.3, (count, 6)).astype(np.float32)
    values[np.arange(count), labels] += 1
    return {"data": values, "label": labels}


def write_points(path: Path, **tables: Arrays) -> None:
    """Write a dataset of points, one table for each name."""
    fields = (
        FieldSpec(name="data", dtype="float32", shape=(6,)),
        FieldSpec(name="label", dtype="int64", shape=()),
    )
    with create_tables(path) as created:
        for name, records in tables.items():
            created.table(name, fields, classes=("a", "b", "c")).write(records)


def small_file(folder: Path, *, max_iter: int | str = 10, more: str = "") -> Path:
    """Write the dataset and the spec into a folder; return the spec's path."""
    write_points(folder / "points.lmdb", train=points(60, 1), test=points(20, 2))
    path = folder / "small.yaml"
    path.write_text(SPEC.format(max_iter=max_iter, more=more and f", {more}"))
    return path


def small_spec(folder: Path, *, max_iter: int | str = 10, more: str = "") -> Spec:
    """Write the dataset and the spec into a folder, and load the spec."""
    return load_spec(small_file(folder, max_iter=max_iter, more=more))


def small_net(folder: Path, seed: int = 0) -> Net:
    """Return the net of the spec, in phase train."""
    return Net(small_spec(folder).net, seed=seed)
