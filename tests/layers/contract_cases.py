"""For every layer type, the layers that the contract is tried on.

A new layer type needs cases here, and nothing else, to be held to the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tests.layers.contract_case import (
    CLASSES,
    FILLED,
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
from tests.layers.contract_cases_elements import ELEMENT_CASES
from tests.layers.contract_cases_metrics import METRIC_CASES
from tests.layers.contract_cases_shaping import SHAPING_CASES
from tests.layers.contract_cases_spatial import SPATIAL

CASES: Mapping[str, tuple[Case, ...]] = MappingProxyType(
    {
        **SPATIAL,
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
            case("num_output: 2, kernel_size: 2", (N, 2, 3, 2, 3)),
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
        "Recurrent": (
            case("block: step, over: {x: data}, carry: {h: [h_t, [3]]}, axis: 1", (N, 3)),
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
            case("kernel_size: 3, pad: 2, stride: 2", IMAGE, tops=2),
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
            case("pos_weight: [0.5, 1, 4], ignore_label: 0", MAP, Bottom(MAP, "share")),
            case("pos_weight: 3", (N,), Bottom((N,), "share")),
        ),
        "Softmax": (case("", MAP), case("axis: -1", (N, 2, 3))),
        "SoftmaxWithLoss": (
            case("", SCORES, LABELS),
            case("ignore_label: 1", MAP, LABEL_MAP),
            case("normalization: NONE, axis: -1", (N, 2, CLASSES), Bottom((N, 2), "label")),
            case("normalization: BATCH_SIZE", SCORES, LABELS, tops=2),
            case("label_smoothing: 0.1, ignore_label: 1", MAP, LABEL_MAP),
            case("class_weights: [0.1, 0.2, 0.3]", SCORES, LABELS, tops=2),
            case("class_weights: [1, 2, 0], normalization: NONE", SCORES, LABELS),
            case("label_smoothing: 0.2, class_weights: [1, 2, 3]", MAP, Bottom(MAP, "share")),
            case("axis: -1, normalization: BATCH_SIZE", (N, 2, 3), Bottom((N, 2, 3), "share")),
        ),
        "TanH": (case("", IMAGE),),
        **ELEMENT_CASES,
        **METRIC_CASES,
        **SHAPING_CASES,
    }
)
"""Cases by type. Together they go through each branch of `build`."""
