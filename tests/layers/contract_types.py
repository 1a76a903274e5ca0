"""The layer types that go through the contract: the catalogue, and those of the shipped plugin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from protonet.layers import LAYERS as CATALOGUE
from protonet.layers.record import LayerType
from protonet.plugins import read_with_plugins
from tests.layers.contract_case import IMAGE, Case, N, case

MAXOUT = Path(__file__).parents[2] / "configs" / "plugins" / "maxout.yaml"
"""The shipped spec with a plugin."""

LAYERS: Mapping[str, LayerType] = read_with_plugins(MAXOUT, CATALOGUE, allow_plugins=False)[1]
"""Every type by name."""

PLUGIN_CASES: Mapping[str, tuple[Case, ...]] = MappingProxyType(
    {
        "Maxout": (
            case("num_output: 3, weight_filler: xavier, bias_filler: {value: 0.1}", IMAGE),
            case("num_output: 1, pieces: 4", (N, 3)),
        ),
        "SignedSquareRoot": (case("", IMAGE), case("steepest: 5", (N,))),
    }
)
"""The cases of the plugin's types."""
