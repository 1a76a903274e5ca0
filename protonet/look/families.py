"""What a layer looks like in a drawing: its colour, by what kind of work it does, and the numbers
that tell it from others of its type."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from torch import nn

from protonet.layers.record import LayerType
from protonet.layers.torch_nn import PREFIX

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
_FILES = MappingProxyType(
    {
        **dict.fromkeys(("conv", "fold"), "convolution"),
        **dict.fromkeys(("linear", "sparse", "rnn", "transformer"), "dense"),
        **dict.fromkeys(("pooling", "padding", "pixelshuffle", "upsampling"), "pooling"),
        **dict.fromkeys(("activation", "dropout"), "activation"),
        **dict.fromkeys(("batchnorm", "instancenorm", "normalization"), "normalisation"),
        "distance": "joining",
    }
)
"""By the file of torch.nn.modules that a class is in."""
_APART = MappingProxyType({"MultiheadAttention": "dense", "Identity": "other"})
"""Classes of torch.nn that do other work than those of their file."""
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
_ATTACHED = frozenset(
    {
        *("ReLU", "ReLU6", "PReLU", "ELU", "Sigmoid", "TanH", "Swish", "Clip"),
        *("BatchNorm", "Scale", "Bias", "Dropout"),
    }
)
_ATTACHED_FILES = frozenset({"activation", "dropout", "batchnorm", "instancenorm"})
_ALONE = frozenset({"Softmax", "Softmax2d", "Softmin", "LogSoftmax", "MultiheadAttention", "GLU"})

_OUTPUTS = ("num_output", "out_channels", "out_features", "hidden_size")
_WORDS = ("pool", "operation")
_STEPS = ("stride", "pad", "padding", "dilation", "group", "groups")


def family(name: str, kind: LayerType) -> str:
    """Return the family of a type, one of `COLOURS`."""
    if kind.kind != "layer":
        return kind.kind
    bare = name.removeprefix(PREFIX)
    if bare == name:
        return _FAMILIES.get(name, "other")
    return _APART.get(bare) or _FILES.get(_file(bare), "other")


def is_attached(name: str) -> bool:
    """Return whether a type goes with the layer before it, and may share its box."""
    bare = name.removeprefix(PREFIX)
    if bare == name:
        return name in _ATTACHED
    return _file(bare) in _ATTACHED_FILES and bare not in _ALONE


def _file(name: str) -> str:
    """Return in which file of torch.nn.modules a class is; nothing for a plugin's."""
    return str(getattr(getattr(nn, name, None), "__module__", "")).rpartition(".")[2]


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
    for name in _STEPS:
        sides = _sides(params, name)
        if set(sides) - ({0} if name.startswith("pad") else {1}):
            yield f"{name.removesuffix('ding')} {'×'.join(map(str, sides))}"


def _sides(params: Any, name: str) -> list[int]:
    """Return the sides given as `NAME_size`, `NAME`, or `NAME_h` and `NAME_w`."""
    pair = [getattr(params, f"{name}_{axis}", None) for axis in "hw"]
    if any(side is not None for side in pair):
        return [side or 0 for side in pair]
    value = getattr(params, f"{name}_size", None) or getattr(params, name, None)
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
