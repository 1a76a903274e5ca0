"""Images and their label images in two datasets, and a spec that reads them in step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from protonet.net import Net
from protonet.run.sets import OpenSet, open_sets
from protonet.schema import load_spec, located
from tests.data.tables import write

Pixels = npt.NDArray[np.uint8]

SPEC = """\
name: pairs
data:
  train:
    - {source: images.lmdb, batch_size: 4, shuffle: true}
    - {source: masks.lmdb, fields: {data: mask}}
  val:
    - {source: images.lmdb, batch_size: 5}
    - {source: masks.lmdb, fields: {data: mask}}
net:
  inputs: {data: [1, 6, 6], mask: {shape: [1, 6, 6], dtype: int64}}
  layers:
    - {name: scores, type: Convolution, num_output: 2, kernel_size: 1}
    - {name: loss, type: SoftmaxWithLoss, bottom: [scores, mask]}
    - {name: accuracy, type: Accuracy, bottom: [scores, mask], phase: test}
solver: {base_lr: 0.1, momentum: 0.9, max_iter: 8, test_interval: 4, snapshot: 4, random_seed: 3,
         threads: 1}
"""


def pixels(count: int = 12) -> Pixels:
    """Return images of 6 x 6 pixels."""
    return np.random.default_rng(4).integers(0, 256, (count, 1, 6, 6)).astype(np.uint8)


def write_pairs(folder: Path, count: int = 12) -> Path:
    """Write both datasets and the spec; return its path. A mask is 1 where its image is bright."""
    write(folder / "images.lmdb", {"data": pixels(count)})
    write(folder / "masks.lmdb", {"data": (pixels(count) > 127).astype(np.uint8)})
    path = folder / "pairs.yaml"
    path.write_text(SPEC)
    return path


def open_train(path: Path, *overrides: str) -> tuple[OpenSet, Net]:
    """Open the training set of a spec, and return it with its net."""
    spec = load_spec(path, overrides)
    net = Net(spec.net)
    with located(spec):
        return open_sets(spec, {"train": net}, _nothing_is_said)["train"], net


def batches(opened: OpenSet, net: Net, count: int, **feed: Any) -> list[npt.NDArray[Any]]:
    """Return the first batches, joined, one array for each input of the net."""
    fed = opened.feed(net, endless=True, **feed)
    read = [next(fed) for _ in range(count)]
    fed.reader.close()
    return [np.concatenate([each.numpy() for each in inputs]) for inputs in zip(*read, strict=True)]


def _nothing_is_said(text: str) -> None:
    raise AssertionError(text)
