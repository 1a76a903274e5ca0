"""What torch refuses only with numbers, or spreads out: refused while a net is proved, by shape."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from protonet.errors import ShapeError
from protonet.layers.checks import axis_index, check_floating
from protonet.layers.record import Blob

_ANY_KIND = re.compile(
    r".*Pad[123]d|AvgPool[123]d|MaxPool[23]d|LPPool[123]d|Embedding(Bag)?|Upsampl.*|(Unf|F)latten"
    r"|Identity|ChannelShuffle|Pixel(Uns|S)huffle|ReLU6?|Hardtanh|Threshold|Sigmoid|Softsign"
    r"|Tanh(shrink)?|LocalResponseNorm|(MarginRanking|CosineEmbedding|PoissonNLL|TripletMargin)Loss"
    r"|PairwiseDistance|CosineSimilarity"
)
"""Classes that compute with whole numbers, too."""
_AXIS = frozenset({"Softmax", "Softmin"})
"""Classes whose `dim` torch looks at only when it runs them."""
_ELEMENTWISE = frozenset({"MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"})
"""Losses for which torch spreads targets of another shape, and warns of wrong results."""
_AT_LEAST_ONE = (
    *("out_channels", "out_features", "kernel_size", "stride", "dilation"),
    *("upscale_factor", "downscale_factor"),
)


def check_arguments(name: str, arguments: Mapping[str, Any], bottoms: Sequence[Blob]) -> None:
    """Refuse what torch would make nothing of once the net runs.

    Args:
        name: of the class.
        arguments: of its constructor.
        bottoms: what it reads.

    Raises: ShapeError.
    """
    if not _ANY_KIND.fullmatch(name):
        check_floating(bottoms[:1])
    for key in _AT_LEAST_ONE:
        if any(size < 1 for size in _numbers(arguments.get(key))):
            raise ShapeError(f"{key} is {arguments[key]}", "it is at least 1")
    if name in _AXIS:
        axis_index(arguments["dim"], bottoms[0], "dim")
    if name in _ELEMENTWISE and bottoms[1].shape != bottoms[0].shape:
        raise ShapeError(
            f"bottom 1 of shape {bottoms[1]} has not one number for each of bottom 0, {bottoms[0]}",
            "give both one shape; a Reshape adds or takes axes of length 1",
        )
    if name.startswith("ConvTranspose"):
        _check_output_padding(arguments)


def _check_output_padding(arguments: Mapping[str, Any]) -> None:
    keys = ("output_padding", "stride", "dilation")
    sizes = [_numbers(arguments[key]) for key in keys]
    axes = max(map(len, sizes))
    for padding, stride, dilation in zip(*(one * (axes // len(one)) for one in sizes), strict=True):
        if padding >= max(stride, dilation):
            raise ShapeError(
                f"output_padding {padding} is not below stride {stride} or dilation {dilation}",
                "it chooses among the sizes that one stride leaves open",
            )


def _numbers(value: Any) -> tuple[int, ...]:
    """Return an argument of one number, or one per axis; no number where there is none."""
    if isinstance(value, int):
        return (value,)
    return tuple(value) if isinstance(value, tuple | list) else ()
