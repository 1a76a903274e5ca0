"""Multiply-adds of the modules of torch.nn that do most of a net's work."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from protonet.layers.record import Blob

Work = Callable[[Any, Sequence[Blob], Sequence[Blob]], int]


def work(name: str) -> Work:
    """Return what counts a class's multiply-adds; 0 where they are not counted."""
    if name.startswith("ConvTranspose"):
        return _spread
    if name.startswith("Conv"):
        return _convolved
    return {"Linear": _multiplied, "Bilinear": _multiplied_twice}.get(name, _none)


def _convolved(params: Any, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> int:
    """Return one product per element of a filter for each element of the top."""
    channels = bottoms[0].shape[1] // params.groups
    products: int = math.prod(tops[0].shape) * channels * _window(params, bottoms[0])
    return products


def _spread(params: Any, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> int:
    """Return one product per element of a filter for each element of the bottom."""
    channels = params.out_channels // params.groups
    products: int = math.prod(bottoms[0].shape) * channels * _window(params, bottoms[0])
    return products


def _window(params: Any, bottom: Blob) -> int:
    size = params.kernel_size
    sides: int = size ** (bottom.rank - 2) if isinstance(size, int) else math.prod(size)
    return sides


def _multiplied(params: Any, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> int:
    return math.prod(tops[0].shape) * bottoms[0].shape[-1]


def _multiplied_twice(params: Any, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> int:
    return math.prod(tops[0].shape) * bottoms[0].shape[-1] * (bottoms[1].shape[-1] + 1)


def _none(params: Any, bottoms: Sequence[Blob], tops: Sequence[Blob]) -> int:
    return 0
