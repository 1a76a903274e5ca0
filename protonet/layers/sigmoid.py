"""Sigmoid: any number to one between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.layers.record import Blob, LayerType, NoParams, Setting


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Squash each number into (0, 1): 1 / (1 + exp(-x)).

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Source: Caffe, sigmoid_layer.cpp.
    """
    return nn.Sigmoid()


SIGMOID = LayerType(name="Sigmoid", params=NoParams, build=build)
