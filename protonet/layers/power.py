"""Power: numbers are scaled, shifted and raised to a power."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import torch
from pydantic import model_validator
from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Number, Record, custom_error


class PowerParams(Record):
    """The power, and what is done before it is taken."""

    power: Number = 1.0
    """What (shift + scale * x) is raised to."""
    scale: Number = 1.0
    """Factor of each number."""
    shift: Number = 0.0
    """Added after `scale`, in the unit of the scaled numbers."""

    @model_validator(mode="after")
    def _what_does_not_depend_on_the_bottom_is_a_number(self) -> Self:
        if self.constant is not None and not math.isfinite(self.constant):
            why = f"with scale 0 every number becomes {self.shift:g} to the power {self.power:g}"
            raise custom_error("PN013", f"{why}, which is none", "scale is seldom 0")
        return self

    @property
    def constant(self) -> float | None:
        """What every number becomes, where that is one and the same: nan if there is none."""
        if self.power and self.scale:
            return None
        try:
            return math.pow(self.shift, self.power) if self.power else 1.0
        except (ValueError, OverflowError):
            return math.nan


class Power(nn.Module):
    """Computes (shift + scale * x) ** power."""

    def __init__(self, power: float, scale: float, shift: float) -> None:
        super().__init__()
        self.power, self.scale, self.shift = power, scale, shift

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        top = bottom if self.scale == 1 else bottom * self.scale
        top = top if self.shift == 0 else top + self.shift
        return top if self.power == 1 else top**self.power


class _Constant(torch.autograd.Function):
    """One number everywhere, whose gradient is 0."""

    @staticmethod
    def forward(ctx: Any, bottom: torch.Tensor, value: float) -> torch.Tensor:
        """Return a tensor like the bottom, in its memory format."""
        return torch.full_like(bottom, value)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Return zeros, which take no memory."""
        return gradients[0].new_zeros(()).expand_as(gradients[0]), None


class Fill(nn.Module):
    """Gives one number everywhere; the gradient is 0, whatever the bottom holds."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        if torch.is_grad_enabled() and bottom.requires_grad:
            top: torch.Tensor = _Constant.apply(bottom, self.value)
            return top
        return torch.full_like(bottom, self.value)


def build(params: PowerParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compute (shift + scale * x) ** power of each number x.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, power_layer.cpp: power 0 gives 1, scale 0 gives shift ** power, and neither has a
        gradient. Where shift + scale * x is 0 Caffe's gradient is 0/0 for any power but 1 and 2;
        here it is the mathematical one.
    """
    check_floating(bottoms)
    if params.constant is not None:
        return Fill(params.constant)
    if (params.power, params.scale, params.shift) == (1, 1, 0):
        return nn.Identity()
    return Power(params.power, params.scale, params.shift)


POWER = LayerType(name="Power", params=PowerParams, build=build, infer=same_as_first)
