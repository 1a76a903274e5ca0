"""Sigmoid: any number to one between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, NoParams, Setting, same_as_first


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Squash each number into (0, 1): 1 / (1 + exp(-x)).

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, sigmoid_layer.cpp.
    """
    check_floating(bottoms)
    return nn.Sigmoid()


SIGMOID = LayerType(name="Sigmoid", params=NoParams, build=build, infer=same_as_first)
