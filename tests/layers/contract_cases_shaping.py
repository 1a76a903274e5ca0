"""Cases of the layers that pick, join, repeat or rearrange numbers, or make them up."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tests.layers.contract_case import IMAGE, LABELS, Bottom, Case, N, case

SHAPING_CASES: Mapping[str, tuple[Case, ...]] = MappingProxyType(
    {
        "ArgMax": (
            case("", (N, 3)),
            case("top_k: 2, out_max_val: true", IMAGE),
            case("axis: 1", IMAGE),
            case("axis: -2, top_k: 2, out_max_val: true", IMAGE),
        ),
        "BatchReindex": (case("", IMAGE, LABELS),),
        "DummyData": (
            case("shape: [2, 3]"),
            case(
                "shape: [{dim: [2, 3]}, {dim: [4]}], data_filler: [{value: 1}, {value: 2}]", tops=2
            ),
            case("num: 2, channels: 1, height: 3, width: 3, data_filler: bilinear"),
            case("shape: [2], data_filler: {value: 1}, dtype: int64"),
        ),
        "Embed": (
            case("num_output: 4, input_dim: 3, bias_filler: {value: 1}", LABELS),
            case("num_output: 2, input_dim: 5, bias_term: false", Bottom((N, 2), "label")),
        ),
        "Filter": (
            case("", IMAGE, LABELS),
            case("", (N, 3), (N,), Bottom((N, 1), "label"), tops=2),
        ),
        "Noise": (case("shape: [3]", IMAGE), case("shape: [2, 2], distribution: uniform", LABELS)),
        "Parameter": (case("shape: [2, 3], filler: xavier"), case("shape: {dim: [4]}")),
        "Permute": (case("order: [0, 2, 3, 1]", IMAGE), case("order: [2]", IMAGE)),
        "Print": (case("values: 2", IMAGE), case("interval: 2", IMAGE, LABELS, tops=2)),
        "Reduction": (
            case("", IMAGE),
            case("operation: ASUM, axis: 1", IMAGE),
            case("operation: SUMSQ, axis: -1, coeff: 0.5", (N, 3)),
            case("operation: MEAN, axis: 2", IMAGE),
        ),
        "Reshape": (
            case("shape: [0, -1]", IMAGE),
            case("shape: [2, 1], axis: 1, num_axes: 1", IMAGE),
            case("shape: {dim: [1]}, axis: -1", (N, 3)),
        ),
        "ShuffleChannel": (case("group: 2", (N, 4, 2, 3)), case("", IMAGE)),
        "Silence": (case("", IMAGE, LABELS, tops=0),),
        "Slice": (
            case("", IMAGE, tops=2),
            case("slice_point: [1, 3], axis: -2", IMAGE, tops=3),
            case("slice_dim: 0, slice_point: [1]", (N, 3), tops=2),
            case("", IMAGE),
        ),
        "Split": (case("", IMAGE, tops=3), case("", IMAGE)),
        "Tile": (case("tiles: 2", IMAGE), case("axis: 0, tiles: 3", (N, 3))),
    }
)
"""Cases by type."""
