"""TanH: any number to one between -1 and 1."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.layers.record import Blob, LayerType, NoParams, Setting


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Squash each number into (-1, 1) by the hyperbolic tangent.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Source: Caffe, tanh_layer.cpp.
    """
    return nn.Tanh()


TANH = LayerType(name="TanH", params=NoParams, build=build)
