"""Small sets whose records are told apart by their numbers, and specs that draw from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.data.header import FieldSpec
from protonet.data.layout import Array, Rows
from protonet.data.table import create_tables
from protonet.errors import SpecError
from protonet.net import Net
from protonet.run.sets import OpenSet, open_sets
from protonet.schema import load_spec, located

LABELS = np.array([0] * 40 + [1] * 8 + [2] * 2)
"""Classes of 40, 8 and 2 records."""
SPEC = """\
data:
  train: {source: many.lmdb, batch_size: 5}
net:
  inputs: {data: [2], label: {shape: [], dtype: int64}}
  layers:
    - {name: ip, type: InnerProduct, num_output: 3}
    - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
solver: {base_lr: 0.1, max_iter: 1}
"""


def write_drawn(
    folder: Path,
    name: str = "many.lmdb",
    labels: Rows = LABELS,
    classes: tuple[str, ...] | None = ("cat", "dog", "emu"),
    importance: Array | None = None,
) -> None:
    """Write records of their number and its negative, their class, a weight and a quality."""
    rows = np.arange(len(labels))
    columns: dict[str, Array] = {
        "data": np.stack([rows, -rows], axis=1).astype(np.float32),
        "label": labels.astype(np.int64),
        "importance": (rows % 4 if importance is None else importance).astype(np.float32),
        "quality": (rows % 2).astype(np.uint8),
    }
    fields = tuple(
        FieldSpec(name=key, dtype=column.dtype.name, shape=column.shape[1:])
        for key, column in columns.items()
    )
    with create_tables(folder / name, force=True) as tables:
        tables.table(None, fields, classes=classes).write(columns)


def open_drawn(folder: Path, *overrides: str) -> OpenSet:
    """Open the training set of the spec, changed."""
    path = folder / "spec.yaml"
    path.write_text(SPEC)
    spec = load_spec(path, overrides)
    with located(spec):
        return open_sets(spec, {"train": Net(spec.net)}, pytest.fail)["train"]


def read_numbers(
    folder: Path, *overrides: str, batches: int, seed: int, start: int = 0
) -> list[int]:
    """Return the numbers of the records in batches of 5 of the training set, as the net gets
    them."""
    opened = open_drawn(folder, *overrides)
    feed = opened.feed(
        Net(load_spec(folder / "spec.yaml").net), endless=True, seed=seed, start=start
    )
    data = [next(feed)[0] for _ in range(batches)]
    feed.reader.close()
    return [int(number) for batch in data for number in batch[:, 0]]


def refusal(folder: Path, *overrides: str) -> list[tuple[str, str, str, str]]:
    """Return code, path, reason and hint of what is wrong with the changed spec."""
    with pytest.raises(SpecError) as caught:
        open_drawn(folder, *overrides)
    told = caught.value.problems
    return [(one.code, one.path, one.why.replace(f"{folder}/", ""), one.hint) for one in told]
