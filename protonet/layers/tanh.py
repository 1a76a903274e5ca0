"""TanH: any number to one between -1 and 1."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, NoParams, Setting, same_as_first


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Squash each number into (-1, 1) by the hyperbolic tangent.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, tanh_layer.cpp.
    """
    check_floating(bottoms)
    return nn.Tanh()


TANH = LayerType(name="TanH", params=NoParams, build=build, infer=same_as_first)
