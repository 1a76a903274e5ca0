"""What a layer looks like in a drawing: its colour, by what kind of work it does, and the numbers
that tell it from others of its type."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from protonet.layers.record import LayerType

_TYPES = {
    "convolution": "Convolution Deconvolution DepthwiseConvolution Im2col",
    "dense": "InnerProduct Embed RNN LSTM LSTMUnit Recurrent",
    "pooling": "Pooling SPP ROIPooling Interp Upsample Crop Reorg",
    "activation": "ReLU ReLU6 PReLU ELU Sigmoid TanH AbsVal Power Exp Log BNLL Threshold Clip "
    "Swish Softmax Dropout",
    "normalisation": "BatchNorm Scale Bias LRN MVN Normalize",
    "joining": "Concat Eltwise Axpy Slice Split",
}
_FAMILIES = MappingProxyType(
    {name: family for family, names in _TYPES.items() for name in names.split()}
)
COLOURS = MappingProxyType(
    {
        "convolution": "#cfe2f7",
        "dense": "#d9d3f2",
        "pooling": "#fbdcc4",
        "activation": "#f8eebc",
        "normalisation": "#d8efd3",
        "joining": "#e4e4e4",
        "loss": "#f6c9cd",
        "metric": "#fae3ea",
        "block": "#dbe8ec",
        "other": "#f2f2f2",
    }
)
"""The fill of each family: pale, so that black text on it is read well, and apart in grey too."""
ATTACHED = frozenset(
    {
        *("ReLU", "ReLU6", "PReLU", "ELU", "Sigmoid", "TanH", "Swish", "Clip"),
        *("BatchNorm", "Scale", "Bias", "Dropout"),
    }
)
"""Types that go with the layer before them, and may share its box."""

_OUTPUTS = ("num_output", "out_channels", "out_features")
_WORDS = ("pool", "operation")


def family(name: str, kind: LayerType) -> str:
    """Return the family of a type, one of `COLOURS`."""
    return kind.kind if kind.kind != "layer" else _FAMILIES.get(name, "other")


def key_numbers(params: Any) -> str:
    """Return the numbers that matter of a layer's own keys: `64, 7×7, stride 2`."""
    return ", ".join(_numbers(params))


def _numbers(params: Any) -> Iterator[str]:
    for name in (*_WORDS, *_OUTPUTS):
        value = getattr(params, name, None)
        if value is not None:
            yield str(value)
    kernel = _sides(params, "kernel")
    if kernel:
        yield "×".join(map(str, kernel * 2 if len(kernel) == 1 else kernel))
    if getattr(params, "global_pooling", False):
        yield "global"
    for name in ("stride", "pad", "dilation", "group"):
        sides = _sides(params, name)
        if set(sides) - ({0} if name == "pad" else {1}):
            yield f"{name} {'×'.join(map(str, sides))}"


def _sides(params: Any, name: str) -> list[int]:
    """Return the sides given as `NAME_size`, `NAME`, or `NAME_h` and `NAME_w`."""
    pair = [getattr(params, f"{name}_{axis}", None) for axis in "hw"]
    if any(side is not None for side in pair):
        return [side or 0 for side in pair]
    value = getattr(params, f"{name}_size", None) or getattr(params, name, None)
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
