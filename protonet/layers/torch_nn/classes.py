"""What is known of each class of torch.nn beside its constructor: bottoms, tops and parameters."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType

from torch import nn

from protonet.layers.record import ONE, TWO, Arity
from protonet.layers.torch_nn import attention, recurrent
from protonet.layers.torch_nn.arguments import arguments_of
from protonet.layers.torch_nn.unusable import UNUSABLE

NAMES = frozenset(
    name
    for name, kind in vars(nn).items()
    if isinstance(kind, type) and issubclass(kind, nn.Module)
)
"""Every module of torch.nn."""
USABLE = frozenset(NAMES - UNUSABLE.keys())
"""Those that a layer can be."""
RECURRENT = frozenset({"RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"})
NESTED = frozenset(
    {
        *("MultiheadAttention", "Transformer", "TransformerEncoder", "TransformerDecoder"),
        *("TransformerEncoderLayer", "TransformerDecoderLayer"),
    }
)
STACKS = frozenset({"TransformerEncoder", "TransformerDecoder"})
STATISTICS = ("BatchNorm", "InstanceNorm")
"""What the names of classes begin with that keep statistics."""
_FLAGS = frozenset(
    {"output_size", "need_weights", "average_attn_weights", "is_causal"}
    | {f"{part}_is_causal" for part in ("src", "tgt", "memory")}
)
"""Arguments of a `forward` that are no tensors."""
_TOPS: Mapping[str, Arity] = MappingProxyType(
    {
        "LSTM": Arity(1, 3),
        "GRU": Arity(1, 2),
        "RNN": Arity(1, 2),
        "LSTMCell": Arity(1, 2),
        "MultiheadAttention": Arity(1, 2),
        "AdaptiveLogSoftmaxWithLoss": Arity(1, 2),
    }
)
_WEIGHTS = "weight bias"
_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("Linear", "Bilinear", "LayerNorm", "GroupNorm"), _WEIGHTS),
        **dict.fromkeys(("Embedding", "EmbeddingBag", "PReLU", "RMSNorm"), "weight"),
        **dict.fromkeys(("RNNCell", "LSTMCell", "GRUCell"), "weight_ih weight_hh bias_ih bias_hh"),
        **dict.fromkeys(("CrossEntropyLoss", "NLLLoss", "BCELoss"), "weight"),
        **dict.fromkeys(("MultiMarginLoss", "MultiLabelSoftMarginLoss"), "weight"),
        "BCEWithLogitsLoss": "weight pos_weight",
        "LinearCrossEntropyLoss": "linear_weight linear_bias weight",
    }
)
_CLUSTERS = 16
"""Of nn.AdaptiveLogSoftmaxWithLoss, at most."""


def is_loss(name: str) -> bool:
    """Return whether a class is a loss."""
    return name.endswith("Loss")


def constructor(name: str) -> dict[str, inspect.Parameter]:
    """Return the arguments a layer of this class has."""
    if name in ("RNN", "LSTM", "GRU"):
        base = arguments_of(nn.RNNBase)
        kept = {key: base[key] for key in base if key not in ("mode", "proj_size")}
        if name == "RNN":
            kept["nonlinearity"] = arguments_of(nn.RNNCell)["nonlinearity"]
        return kept | ({"proj_size": base["proj_size"]} if name == "LSTM" else {})
    if name in STACKS:
        own = arguments_of(getattr(nn, f"{name}Layer"))
        flag = arguments_of(nn.Linear)["bias"].replace(name="norm", default=False)
        return {**own, "num_layers": arguments_of(getattr(nn, name))["num_layers"], "norm": flag}
    return arguments_of(getattr(nn, name))


def bottom_names(name: str) -> tuple[tuple[str, ...], int]:
    """Return what a class's `forward` calls its tensors, and how many of them it needs."""
    taken = inspect.signature(getattr(nn, name).forward).parameters
    tensors = {key: one for key, one in taken.items() if key != "self" and key not in _FLAGS}
    least = sum(one.default is one.empty for one in tensors.values())
    if name.startswith("LSTM"):
        return ("input", "outputs", "cells"), 1
    return tuple(tensors), least


def bottoms(name: str) -> Arity:
    """Return how many bottoms a class takes."""
    names, least = bottom_names(name)
    return {(1, 1): ONE, (2, 2): TWO}.get((least, len(names)), Arity(least, len(names)))


def tops(name: str) -> Arity:
    """Return how many tops a class gives."""
    if has_indices(name):
        return Arity(1, 2)
    return _TOPS.get(name, ONE)


def has_indices(name: str) -> bool:
    """Return whether a pooling gives the places of its maxima on request."""
    taken = inspect.signature(getattr(nn, name).__init__).parameters
    return "return_indices" in taken


def targets(name: str) -> tuple[int, ...]:
    """Return the positions of a loss's targets."""
    names, _ = bottom_names(name)
    wanted = ("target", "target_", "targets", "input_lengths", "target_lengths")
    return tuple(place for place, one in enumerate(names) if one in wanted)


def parameters(name: str) -> tuple[str, ...]:
    """Return the names of all parameters and statistics that a class can have."""
    if name in NESTED:
        return attention.parameter_names(name)
    if name in ("RNN", "LSTM", "GRU"):
        return recurrent.names(projects=name == "LSTM")
    if name == "AdaptiveLogSoftmaxWithLoss":
        tail = [f"tail_{place}_{part}_weight" for place in range(_CLUSTERS) for part in (0, 1)]
        return ("head_weight", "head_bias", *tail)
    if name.startswith("Conv"):
        return ("weight", "bias")
    if name.startswith(STATISTICS):
        return ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    return tuple(_PARAMETERS.get(name, "").split())
