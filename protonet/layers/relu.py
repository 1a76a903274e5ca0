"""ReLU: negative numbers are cut to 0, or shrunk."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Number, Record


class ReLUParams(Record):
    """What is left of negative numbers."""

    negative_slope: Number = 0.0
    """Factor of the numbers below 0, and of the gradient at 0 and below; without unit."""


def build(params: ReLUParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Keep positive numbers and multiply the others by `negative_slope`.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, relu_layer.cpp: the gradient at exactly 0 is `negative_slope`, as in torch.
    """
    check_floating(bottoms)
    return nn.LeakyReLU(params.negative_slope) if params.negative_slope else nn.ReLU()


RELU = LayerType(name="ReLU", params=ReLUParams, build=build, infer=same_as_first)
