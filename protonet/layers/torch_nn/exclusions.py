"""Parts of the contract tests that do not apply to modules of torch.nn, and why."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_READS = "torch reads the values of its bottoms before it knows what to run"
_RECURRENT = "torch.compile leaves torch's recurrent modules to their own kernels"
_MIXED = "torch computes it with one element type, and autocast mixes two"

EXCLUSIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "AdaptiveLogSoftmaxWithLoss": {"compile": _READS, "export": _READS, "autocast": _MIXED},
        "Bilinear": {"autocast": _MIXED},
        "CTCLoss": {"compile": _READS, "export": _READS},
        "GaussianNLLLoss": {"compile": _READS, "export": _READS},
        "GRU": {"compile": _RECURRENT},
        "LSTM": {"compile": _RECURRENT},
        "RNN": {"compile": _RECURRENT},
    }
)
"""By name without the prefix, then by the words of `LayerType.exclusions`."""
