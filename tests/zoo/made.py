"""Small models, made by a test."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from protonet.snapshot import Evaluation
from protonet.zoo.model import Accuracy
from protonet.zoo.push import About, push

NET = """\
name: tiny
net:
  inputs: {data: [4], label: {shape: [], dtype: int64}}
  layers:
  - {name: ip, type: InnerProduct, num_output: 3}
  - {name: loss, type: SoftmaxWithLoss, bottom: [ip, label]}
  - {name: accuracy, type: Accuracy, bottom: [ip, label], phase: test}
"""
EVALUATION = Evaluation(
    input="data",
    shape=(4,),
    transform=({"type": "Scale", "factor": [0.5]},),
    classes=("a", "b", "c"),
)
ABOUT = About(
    name="tiny",
    task="classification",
    source="the test",
    licence="CC0",
    accuracy=(Accuracy(metric="accuracy", value=0.75, data="test", by="hand"),),
    evaluation=EVALUATION,
)


def weights(value: float = 1.0) -> dict[str, Tensor]:
    """Return the weights of the net: all of one value."""
    return {"ip/weight": torch.full((3, 4), value), "ip/bias": torch.full((3,), value)}


def pushed(folder: Path, value: float = 1.0, *, force: bool = False) -> Path:
    """Make a folder of models with the one model `tiny`."""
    push(folder, ABOUT, NET, weights(value), force=force)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder, by their paths below it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
