"""AbsVal: numbers without their signs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, NoParams, Setting, same_as_first


class AbsVal(nn.Module):
    """Takes the absolute value."""

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        return bottom.abs()


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Take the absolute value |x| of each number.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, absval_layer.cpp: the gradient at exactly 0 is 0, as in torch.
    """
    check_floating(bottoms)
    return AbsVal()


ABS_VAL = LayerType(name="AbsVal", params=NoParams, build=build, infer=same_as_first)
