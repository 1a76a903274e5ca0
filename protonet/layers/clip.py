"""Clip: numbers are held between two bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from pydantic import model_validator
from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Number, Record, custom_error


class ClipParams(Record):
    """The two bounds."""

    min: Number
    """What smaller numbers become, in the unit of the bottom."""
    max: Number
    """What larger numbers become, in the unit of the bottom."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise custom_error("PN013", f"min {self.min:g} is above max {self.max:g}")
        return self


class Clip(nn.Module):
    """Holds numbers between two bounds."""

    def __init__(self, least: float, most: float) -> None:
        super().__init__()
        self.least, self.most = least, most

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        return bottom.clamp(self.least, self.most)


def build(params: ClipParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Make each number at least `min` and at most `max`.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, clip_layer.cpp: the gradient passes at the bounds themselves, as in torch.
    """
    check_floating(bottoms)
    return Clip(params.min, params.max)


CLIP = LayerType(name="Clip", params=ClipParams, build=build, infer=same_as_first)
