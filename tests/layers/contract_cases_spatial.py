"""The contract's cases of layers on images and sequences, and of losses beside Caffe's usual."""

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

SEQUENCE = (3, N, 2)
CONT = Bottom((3, N), "begin")
STATE = Bottom((1, N, 2), "share")
PRIORS = (1, 2, 12)
WEIGHTS = "num_output: 2, weight_filler: xavier"
PRICES = "matrix: [[1, 0.5, 0], [0, 2, 0.1], [0.3, 0, 1]]"

SPATIAL: Mapping[str, tuple[Case, ...]] = MappingProxyType(
    {
        "ContrastiveLoss": (
            case("margin: 5", SCORES, SCORES, LABELS),
            case("margin: 20, legacy_version: true", SCORES, SCORES, Bottom((N, 1, 1), "label")),
        ),
        "Crop": (
            case("", IMAGE, Bottom((N, 2, 3, 2), "share")),
            case("axis: -1, offset: 1", (N, 3), Bottom((N, 1), "share")),
            case("axis: 1, offset: [1, 0, 1]", IMAGE, Bottom((N, 1, 3, 2), "share")),
        ),
        "Deconvolution": (
            case(f"num_output: 3, kernel_size: 3, stride: 2, pad: 1, {FILLED}", IMAGE),
            case("num_output: 4, kernel_size: [3, 2], group: 2, bias_term: false", IMAGE),
            case("num_output: 2, kernel_h: 2, kernel_w: 1, dilation: 2", IMAGE, IMAGE, tops=2),
            case("num_output: 2, kernel_size: 2", (N, 2, 4)),
            case("num_output: 2, kernel_size: 2, axis: 2", (N, 2, 2, 3)),
            case("num_output: 2, kernel_size: 2, stride: 2", (N, 2, 2, 1, 2)),
            case("num_output: 2", (N, 2)),
        ),
        "DepthwiseConvolution": (
            case(f"num_output: 4, kernel_size: 2, {FILLED}", IMAGE),
            case("num_output: 2, kernel_size: 2, group: 2, bias_term: false", IMAGE),
        ),
        "DetectionOutput": (
            case("num_classes: 3, confidence_threshold: 0.1", (N, 12), (N, 9), PRIORS),
            case(
                "num_classes: 2, share_location: false, code_type: CENTER_SIZE, keep_top_k: 2,"
                " nms_param: {top_k: 2, eta: 0.9}",
                *((N, 24), (N, 6), PRIORS),
            ),
            case("num_classes: 3, code_type: CORNER_SIZE", (N, 12), (N, 9), PRIORS),
        ),
        "FocalLoss": (
            case("", SCORES, LABELS),
            case("form: LINEAR, ignore_label: 1", MAP, LABEL_MAP),
            case("ignore_label: 1, gamma: 0.5, alpha: 1", MAP, LABEL_MAP),
        ),
        "HDF5Output": (case("file_name: out.h5", IMAGE, LABELS, tops=0),),
        "HingeLoss": (case("", SCORES, LABELS), case("norm: L2", SCORES, LABELS)),
        "Im2col": (
            case("kernel_size: 2, pad: 1, stride: 2", IMAGE),
            case("kernel_size: [2, 1], dilation: [2, 1]", IMAGE),
            case("kernel_size: 2, axis: 2", (N, 2, 2, 3)),
        ),
        "InfogainLoss": (
            case(PRICES, SCORES, LABELS),
            case(f"{PRICES}, ignore_label: 1", MAP, LABEL_MAP, tops=2),
            case(f"{PRICES}, axis: -1", (N, 2, CLASSES), Bottom((N, 2), "label")),
        ),
        "Interp": (
            case("height: 7, width: 5", IMAGE),
            case("zoom_factor: 2, pad_beg: -1", IMAGE),
            case("shrink_factor: 2, pad_end: -1", IMAGE),
            case("shrink_factor: 2, zoom_factor: 3", IMAGE),
        ),
        "L1Loss": (case("", SCORES, SCORES),),
        "LSTM": (
            case(f"{WEIGHTS}, bias_filler: {{value: 0.1}}", SEQUENCE, CONT),
            case(WEIGHTS, (3, N, 2, 2), CONT, (N, 3)),
            case(f"{WEIGHTS}, expose_hidden: true", SEQUENCE, CONT, STATE, STATE, tops=3),
        ),
        "LSTMUnit": (case("", (1, N, 2), (1, N, 8), Bottom((1, N), "begin"), tops=2),),
        "MemoryData": (
            case("batch_size: 2, channels: 3, height: 4, width: 5"),
            case("batch_size: 2, channels: 3, height: 4, width: 5, label_dtype: float32", tops=2),
        ),
        "MultinomialLogisticLoss": (case("", Bottom(SCORES, "positive"), LABELS),),
        "PriorBox": (
            case("min_size: [2], max_size: [3], aspect_ratio: [2]", IMAGE, (N, 3, 8, 9)),
            case("min_size: [1, 2], flip: false, clip: true, step: 1", IMAGE, (N, 3, 8, 9)),
        ),
        "ROIPooling": (
            case("pooled_h: 2, pooled_w: 2", IMAGE, Bottom((3, 5), "box")),
            case("pooled_h: 3, pooled_w: 1, spatial_scale: 0.5", IMAGE, Bottom((2, 5), "box")),
        ),
        "Reorg": (case("stride: 2", (N, 4, 4, 2)), case("stride: 2, reverse: true", (N, 4, 2, 3))),
        "RNN": (
            case(f"{WEIGHTS}, bias_filler: {{value: 0.1}}", SEQUENCE, CONT),
            case(WEIGHTS, (3, N, 2, 2), CONT, (N, 3)),
            case(f"{WEIGHTS}, expose_hidden: true", SEQUENCE, CONT, STATE, tops=2),
        ),
        "SmoothL1Loss": (
            case("", SCORES, SCORES),
            case("sigma: 2", SCORES, SCORES, SHARES),
            case("sigma: 0.5", SCORES, SCORES, SHARES, SHARES),
        ),
        "SPP": (
            case("pyramid_height: 1", IMAGE),
            case("pyramid_height: 2", IMAGE),
            case("pyramid_height: 2, pool: AVE", (N, 2, 5, 3)),
            case("pyramid_height: 2, pool: STOCHASTIC", Bottom((N, 2, 4, 2), "positive")),
        ),
        "Upsample": (
            case("scale: 2", IMAGE),
            case("scale_h: 2, scale_w: 3", IMAGE),
            case("scale: 2, pad_out_h: true", (N, 2, 1, 3), Bottom((N, 2, 1, 3), "label")),
        ),
    }
)
"""Cases by type. Together they go through each branch of `build`."""
