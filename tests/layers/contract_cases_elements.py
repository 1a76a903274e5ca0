"""Cases of the layers that change numbers where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tests.layers.contract_case import IMAGE, Bottom, Case, N, case

POSITIVE = Bottom((N, 3), "positive")

ELEMENT_CASES: Mapping[str, tuple[Case, ...]] = MappingProxyType(
    {
        "AbsVal": (case("", IMAGE),),
        "Axpy": (case("", (N, 2), IMAGE, IMAGE), case("", (N, 2, 1, 1), IMAGE, IMAGE)),
        "Bias": (
            case("", IMAGE),
            case("axis: 2, num_axes: -1, filler: {value: 0.5}", IMAGE),
            case("num_axes: 0", (N, 3)),
            case("", IMAGE, (2, 4)),
            case("axis: 0", IMAGE, (N,)),
        ),
        "BNLL": (case("", IMAGE),),
        "Clip": (case("min: -0.5, max: 0.8", IMAGE),),
        "ELU": (case("", IMAGE), case("alpha: 0.3", (N, 3))),
        "Exp": (case("", IMAGE), case("base: 2, scale: 0.5, shift: 1", (N, 3))),
        "Log": (case("", POSITIVE), case("base: 2, scale: 0.5, shift: 1", POSITIVE)),
        "MVN": (
            case("", IMAGE),
            case("across_channels: true", (N, 3)),
            case("normalize_variance: false", (N, 2, 4)),
        ),
        "Normalize": (
            case("", IMAGE),
            case("across_spatial: false, channel_shared: false, eps: 0.1", IMAGE),
            case("channel_shared: false, scale_filler: {value: 20}", (N, 3)),
        ),
        "Power": (
            case("", IMAGE),
            case("scale: -2.5, shift: 0.5", IMAGE),
            case("power: 2", (N, 3)),
            case("power: -0.75, scale: 0.3, shift: 1", POSITIVE),
            case("power: 2, scale: 0, shift: 3", (N, 3)),
        ),
        "PReLU": (case("", IMAGE), case("channel_shared: true, filler: {value: 0.1}", (N, 3))),
        "ReLU6": (case("", IMAGE),),
        "Swish": (case("", IMAGE), case("beta: 1.7", (N, 3))),
        "Threshold": (case("threshold: 0.5", IMAGE),),
    }
)
"""Cases by type."""
