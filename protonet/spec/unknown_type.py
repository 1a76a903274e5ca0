"""What is said of a layer type that no table has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from protonet.layers.torch_nn import PREFIX, refusal
from protonet.records import suggestion

_READ = "data are no layers here: the section data says what is read"
_HINT = "protonet convert {} OUT.lmdb, then data: {{train: {{source: OUT.lmdb, batch_size: 64}}}}"
_OTHER_NAMES = {
    "BN": "BatchNorm and a Scale below it",
    "ConvolutionDepthwise": "DepthwiseConvolution",
    "DepthwiseConv": "DepthwiseConvolution",
    "SoftmaxFocalLoss": "FocalLoss",
    "SoftmaxLoss": "SoftmaxWithLoss",
}
"""What forks and old versions of Caffe call a type: what it is called here."""

UNKNOWN = "unknown layer type"
"""What is wrong with a type of which nothing more can be said."""
_ELSEWHERE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "AnnotatedData": (_READ, "this version reads no boxes beside images"),
        "Data": (_READ, _HINT.format("IMAGES")),
        "HDF5Data": (_READ, "data: {train: {source: FILE.h5, batch_size: 64}}"),
        "ImageData": (_READ, _HINT.format("LIST.txt")),
        "WindowData": (
            _READ,
            "data: {train: {source: WINDOWS.txt, windows: {}, transform: {crop_size: 227}, "
            "batch_size: 128}}",
        ),
        "Python": (
            "a layer in Python is a type of its own here, with checked keys in place of param_str",
            "describe it as a LayerType in a file and write plugins: [FILE]; docs/plugins.md shows"
            " how",
        ),
    }
)
"""Types of Caffe that are something else here: why, and what is written instead."""


def unknown_type(name: str, known: Iterable[str]) -> tuple[str, str]:
    """Return why there is no such type, and what was probably meant.

    Args:
        name: what was written.
        known: the types and blocks that there are.
    """
    names = set(known)
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    if name in _OTHER_NAMES:
        return UNKNOWN, f"here it is {_OTHER_NAMES[name]}"
    if name.startswith(PREFIX):
        return refusal(name)
    return UNKNOWN, suggestion(name, names, most=8)
