"""Exp: a base to the power of each number."""

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


class ExpParams(Record):
    """The base, and what is done to the exponents."""

    base: Number = -1.0
    """What is raised to a power, above 0; -1 stands for e = 2.718…."""
    scale: Number = 1.0
    """Factor of each number."""
    shift: Number = 0.0
    """Added after `scale`."""

    @model_validator(mode="after")
    def _base_is_positive(self) -> Self:
        if self.base <= 0 and self.base != -1:
            why = f"base {self.base:g} is not above 0"
            raise custom_error("PN013", why, "-1 stands for e")
        return self

    @model_validator(mode="after")
    def _shift_leaves_a_number(self) -> Self:
        if not math.isfinite(self.factor):
            why = f"base to the power of shift {self.shift:g} is too large for a number"
            raise custom_error("PN013", why, "use a smaller shift")
        return self

    @property
    def log_base(self) -> float:
        """The natural logarithm of the base."""
        return 1.0 if self.base == -1 else math.log(self.base)

    @property
    def factor(self) -> float:
        """The base to the power of the shift."""
        try:
            return math.exp(self.log_base * self.shift)
        except OverflowError:
            return math.inf


class Exp(nn.Module):
    """Computes factor * exp(scale * x)."""

    def __init__(self, scale: float, factor: float) -> None:
        super().__init__()
        self.scale, self.factor = scale, factor

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        top = (bottom if self.scale == 1 else bottom * self.scale).exp()
        return top if self.factor == 1 else top * self.factor


def build(params: ExpParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compute base ** (shift + scale * x) of each number x.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, exp_layer.cpp.
    """
    check_floating(bottoms)
    return Exp(params.log_base * params.scale, params.factor)


EXP = LayerType(name="Exp", params=ExpParams, build=build, infer=same_as_first)
