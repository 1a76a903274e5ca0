"""Threshold: whether numbers lie above a bound."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import torch
from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Number, Record


class ThresholdParams(Record):
    """The bound."""

    threshold: Number = 0.0
    """What a number has to exceed, in the unit of the bottom."""


class Threshold(nn.Module):
    """Gives 1 above the bound, 0 elsewhere."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape and type of the bottom, without a gradient."""
        return (bottom > self.threshold).to(bottom.dtype)


def build(params: ThresholdParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Give 1 for each number above `threshold` and 0 for the others, and no gradient.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, threshold_layer.cpp: strictly above.
    """
    check_floating(bottoms)
    return Threshold(params.threshold)


THRESHOLD = LayerType(
    name="Threshold",
    params=ThresholdParams,
    build=build,
    infer=same_as_first,
    exclusions=MappingProxyType({"gradient": "a step has none"}),
)
