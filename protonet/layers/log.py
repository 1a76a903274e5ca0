"""Log: the logarithm of each number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import torch
from pydantic import model_validator
from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Number, Record, custom_error


class LogParams(Record):
    """The base, and what is done to the numbers before."""

    base: Number = -1.0
    """Base of the logarithm, above 0 and not 1; -1 stands for e = 2.718…."""
    scale: Number = 1.0
    """Factor of each number."""
    shift: Number = 0.0
    """Added after `scale`, in the unit of the scaled numbers."""

    @model_validator(mode="after")
    def _base_has_a_logarithm(self) -> Self:
        if self.base == 1 or (self.base <= 0 and self.base != -1):
            why = f"there is no logarithm to the base {self.base:g}"
            raise custom_error("PN013", why, "a base is above 0 and not 1; -1 stands for e")
        return self


class Log(nn.Module):
    """Computes factor * log(shift + scale * x)."""

    def __init__(self, factor: float, scale: float, shift: float) -> None:
        super().__init__()
        self.factor, self.scale, self.shift = factor, scale, shift

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        inner = bottom if self.scale == 1 else bottom * self.scale
        inner = inner if self.shift == 0 else inner + self.shift
        return inner.log() if self.factor == 1 else inner.log() * self.factor


def build(params: LogParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Take the logarithm of shift + scale * x for each number x.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom; -inf where that sum is 0, nan where it is negative.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, log_layer.cpp.
    """
    check_floating(bottoms)
    factor = 1.0 if params.base == -1 else 1 / math.log(params.base)
    return Log(factor, params.scale, params.shift)


LOG = LayerType(name="Log", params=LogParams, build=build, infer=same_as_first)
