"""For every layer type, the layers that the contract is tried on: keys, bottoms, and their numbers.

A new layer type needs cases here, and nothing else, to be held to the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import torch

from protonet.layers.record import Blob

Numbers = Literal["any", "positive", "share", "label"]
"""What a bottom holds: numbers of either sign, numbers above 0, shares from 0 to 1 that get no
gradient, or class indices below 3."""
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

CASES: Mapping[str, tuple[Case, ...]] = MappingProxyType(
    {
        "Accuracy": (
            case("", SCORES, LABELS),
            case("top_k: 2", MAP, LABEL_MAP, tops=2),
            case("ignore_label: 1, axis: -1", (N, 2, CLASSES), Bottom((N, 2), "label")),
        ),
        "BatchNorm": (
            case("", IMAGE),
            case("use_global_stats: true, eps: 0.01", IMAGE),
            case("use_global_stats: false, moving_average_fraction: 0.9", (N, 3)),
            case("", (N,)),
        ),
        "Concat": (
            case("", (N, 2), (N, 1), (N, 3)),
            case("axis: -1", (N, 2, 1), (N, 2, 3)),
            case("concat_dim: 0", IMAGE, IMAGE),
        ),
        "Convolution": (
            case(f"num_output: 3, kernel_size: 2, stride: 2, pad: 1, {FILLED}", IMAGE),
            case("num_output: 4, kernel_size: [3, 2], group: 2, bias_term: false", IMAGE),
            case("num_output: 2, kernel_h: 2, kernel_w: 1, dilation: 2", IMAGE, IMAGE, tops=2),
            case("num_output: 2, kernel_size: 2", (N, 2, 4)),
            case("num_output: 2, kernel_size: 2, axis: 2", (N, 2, 2, 3)),
            case("num_output: 2, kernel_size: 1", (N, 2)),
        ),
        "Dropout": (case("", IMAGE), case("dropout_ratio: 0.25", (N, 3))),
        "Eltwise": (
            case("", IMAGE, IMAGE, IMAGE),
            case("coeff: [1, -0.5]", (N, 3), (N, 3)),
            case("operation: PROD", (N, 3), (N, 3), (N, 3)),
            case("operation: MAX", IMAGE, IMAGE, IMAGE),
        ),
        "EuclideanLoss": (case("", SCORES, SCORES), case("", IMAGE, IMAGE)),
        "Flatten": (case("", IMAGE), case("axis: 0, end_axis: -2", IMAGE)),
        "InnerProduct": (
            case(f"num_output: 3, {FILLED}", IMAGE),
            case("num_output: 3, bias_term: false, transpose: true, axis: 2", (N, 2, 3)),
        ),
        "Input": (
            case("shape: [1, 3, 4, 4]"),
            case("shape: [{dim: [2, 3]}, {dim: [2]}], dtype: int64", tops=2),
        ),
        "LRN": (
            case("alpha: 0.5, k: 2", (N, 4, 2, 3)),
            case("local_size: 3, beta: 0.5", (N, 4, 2, 3)),
            case("local_size: 3, norm_region: WITHIN_CHANNEL, alpha: 0.5", IMAGE),
        ),
        "Pooling": (
            case("kernel_size: 2, stride: 2", IMAGE),
            case("kernel_size: 3, pad: 2, stride: 2", IMAGE),
            case("global_pooling: true", IMAGE),
            case("pool: AVE, kernel_size: 3, stride: 2, pad: 1", IMAGE),
            case("pool: AVE, kernel_h: 4, kernel_w: 2, pad_h: 3, round_mode: FLOOR", IMAGE),
            case("pool: AVE, global_pooling: true", IMAGE),
            case("pool: STOCHASTIC, kernel_size: 2, stride: 2", Bottom(IMAGE, "positive")),
        ),
        "ReLU": (case("", IMAGE), case("negative_slope: 0.1", (N, 3))),
        "Scale": (
            case("bias_term: true", IMAGE),
            case("axis: 2, num_axes: -1, filler: {value: 0.5}", IMAGE),
            case("num_axes: 0, bias_term: true", (N, 3)),
            case("", IMAGE, (2, 4)),
            case("axis: 0", IMAGE, (N,)),
            case("bias_term: true", (N, 3), (3,)),
        ),
        "Sigmoid": (case("", IMAGE),),
        "SigmoidCrossEntropyLoss": (
            case("", SCORES, SHARES),
            case("normalization: FULL", IMAGE, Bottom(IMAGE, "share")),
            case("normalize: true, ignore_label: 1", SCORES, SHARES),
        ),
        "Softmax": (case("", MAP), case("axis: -1", (N, 2, 3))),
        "SoftmaxWithLoss": (
            case("", SCORES, LABELS),
            case("ignore_label: 1", MAP, LABEL_MAP),
            case("normalization: NONE, axis: -1", (N, 2, CLASSES), Bottom((N, 2), "label")),
            case("normalization: BATCH_SIZE", SCORES, LABELS, tops=2),
        ),
        "TanH": (case("", IMAGE),),
    }
)
"""Cases by type. Together they go through each branch of `build`."""
