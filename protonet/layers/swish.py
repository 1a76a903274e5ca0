"""Swish: each number times its sigmoid."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Number, Record


class SwishParams(Record):
    """How steep the sigmoid is."""

    beta: Number = 1.0
    """Factor of the numbers in the sigmoid: large ones make it a ReLU, 0 halves each number."""


class Swish(nn.Module):
    """Computes x * sigmoid(beta * x)."""

    def __init__(self, beta: float) -> None:
        super().__init__()
        self.beta = beta

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        return bottom * torch.sigmoid(bottom * self.beta)


def build(params: SwishParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compute x * sigmoid(beta * x) of each number x.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, swish_layer.cpp.
    """
    check_floating(bottoms)
    return nn.SiLU() if params.beta == 1 else Swish(params.beta)


SWISH = LayerType(name="Swish", params=SwishParams, build=build, infer=same_as_first)
