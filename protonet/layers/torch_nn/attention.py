"""Attention and the transformer of torch: their parts, built from plain numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from torch import nn

from protonet.layers.torch_nn.nested import Nested, flat

MOST_LAYERS = 16
"""Layers on top of each other whose parameters have names."""
_WHOLE = ("weight", "bias")
_ATTENTION = (
    *("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias"),
    *("bias_k", "bias_v", "out_proj.weight", "out_proj.bias"),
)


def stack(name: str, arguments: Mapping[str, Any]) -> nn.Module:
    """Return an encoder or decoder of `num_layers` layers, with a last normalisation on request."""
    own = dict(arguments)
    count, has_norm = own.pop("num_layers"), own.pop("norm")
    dtype = own.get("dtype")
    norm = nn.LayerNorm(own["d_model"], own["layer_norm_eps"], dtype=dtype) if has_norm else None
    layer = getattr(nn, f"{name}Layer")(**own)
    if name == "TransformerEncoder":
        return nn.TransformerEncoder(layer, count, norm, enable_nested_tensor=False)
    return nn.TransformerDecoder(layer, count, norm)


def nested(name: str, inner: nn.Module, names: Sequence[str], tops: int) -> nn.Module:
    """Return the module with its parameters under flat names."""
    fixed = {"need_weights": tops > 1} if name == "MultiheadAttention" else {}
    return Nested(inner, names, fixed, tops)


def parameter_names(name: str) -> tuple[str, ...]:
    """Return the flat names of all parameters that a class can have."""
    return tuple(map(flat, _dotted(name)))


def _dotted(name: str) -> list[str]:
    match name:
        case "MultiheadAttention":
            return [*_ATTENTION]
        case "TransformerEncoderLayer":
            return _layer(("self_attn",), norms=2)
        case "TransformerDecoderLayer":
            return _layer(("self_attn", "multihead_attn"), norms=3)
        case "TransformerEncoder" | "TransformerDecoder":
            return [*_stacked("layers", f"{name}Layer"), *_below("norm", _WHOLE)]
        case _:
            parts = (("encoder", "TransformerEncoder"), ("decoder", "TransformerDecoder"))
            return [one for part, kind in parts for one in _below(part, _dotted(kind))]


def _layer(attentions: Sequence[str], norms: int) -> list[str]:
    plain = ("linear1", "linear2", *(f"norm{place + 1}" for place in range(norms)))
    return [
        *(one for part in attentions for one in _below(part, _ATTENTION)),
        *(one for part in plain for one in _below(part, _WHOLE)),
    ]


def _stacked(part: str, kind: str) -> list[str]:
    return [f"{part}.{place}.{one}" for place, one in product(range(MOST_LAYERS), _dotted(kind))]


def _below(part: str, names: Sequence[str]) -> list[str]:
    return [f"{part}.{name}" for name in names]
