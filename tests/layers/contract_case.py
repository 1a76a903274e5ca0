"""One case of the contract: a layer's keys, its bottoms, and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from protonet.layers.record import Blob

Numbers = Literal["any", "positive", "share", "label", "begin", "box"]
"""What a bottom holds: numbers of either sign, numbers above 0, shares from 0 to 1 that get no
gradient, class indices below 3, marks that a sequence begins at its first step, or boxes of two
images."""
N = 0
"""Stands for the batch axis in a shape."""
CLASSES = 3
"""Scores have so many classes."""


@dataclass(frozen=True, slots=True)
class Bottom:
    """One bottom of a case.

    Attributes:
        shape: its axes, `N` for the batch.
        numbers: what it holds.
    """

    shape: tuple[int, ...]
    numbers: Numbers = "any"

    def blob(self, batch: int) -> Blob:
        """Return the blob for a batch of so many."""
        dtype = torch.int64 if self.numbers == "label" else torch.float32
        return Blob(tuple(axis or batch for axis in self.shape), dtype)


@dataclass(frozen=True, slots=True)
class Case:
    """One layer.

    Attributes:
        keys: of the type itself, as in YAML.
        bottoms: what it reads.
        tops: how many are asked of it.
    """

    keys: str
    bottoms: tuple[Bottom, ...]
    tops: int = 1


def case(keys: str, *bottoms: Bottom | tuple[int, ...], tops: int = 1) -> Case:
    """Return a case; a bare shape is a bottom of numbers of either sign."""
    read = (item if isinstance(item, Bottom) else Bottom(item) for item in bottoms)
    return Case(keys, tuple(read), tops)


IMAGE = (N, 2, 4, 3)
SCORES = (N, CLASSES)
MAP = (N, CLASSES, 2, 2)
LABELS = Bottom((N,), "label")
LABEL_MAP = Bottom((N, 2, 2), "label")
SHARES = Bottom(SCORES, "share")
FILLED = "weight_filler: xavier, bias_filler: {value: 0.1}"
