"""The cases of the metrics beyond accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tests.layers.contract_case import (
    CLASSES,
    IMAGE,
    LABEL_MAP,
    LABELS,
    MAP,
    SCORES,
    SHARES,
    Bottom,
    Case,
    N,
    case,
)

_SHARE = (
    case("", SCORES, LABELS),
    case("average: none, ignore_label: 1", MAP, LABEL_MAP),
    case("average: weighted, axis: -1", (N, 2, CLASSES), Bottom((N, 2), "label")),
    case("average: micro, threshold: 0.5", SCORES, SHARES),
    case("average: binary", (N, 2), Bottom((N,), "share")),
    case("", (N,), Bottom((N,), "share")),
)

METRIC_CASES: Mapping[str, tuple[Case, ...]] = MappingProxyType(
    {
        "AUROC": (
            case("bins: 8", SCORES, LABELS),
            case("bins: 8, average: none, ignore_label: 1", MAP, LABEL_MAP),
            case("bins: 2, average: weighted, probabilities: true", SHARES, SHARES),
            case("", (N, 1), Bottom((N,), "share")),
        ),
        "ConfusionMatrix": (
            case("", SCORES, LABELS),
            case("normalize: actual, ignore_label: 1", MAP, LABEL_MAP),
            case("normalize: all, threshold: 0.5", (N, 1), Bottom((N,), "share")),
        ),
        "F1Score": _SHARE,
        "MeanAbsoluteError": (case("", SCORES, SCORES), case("", (N,), (N, 1))),
        "MeanIoU": _SHARE,
        "MeanSquaredError": (case("", IMAGE, IMAGE), case("root: true", SCORES, SCORES)),
        "Precision": _SHARE,
        "Recall": _SHARE,
    }
)
"""Cases by type. Together they go through each branch of `build`."""
