"""Softmax: scores along one axis become probabilities."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.layers.checks import axis_index, check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Integer, Record


class SoftmaxParams(Record):
    """Where the classes are."""

    axis: Integer = 1
    """Axis along which the numbers become probabilities; a negative one counts from the end."""


def build(params: SoftmaxParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Turn the numbers along one axis into probabilities that sum to 1: exp(x) / Σ exp(x).

    Bottom: any shape that has the axis, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the axis does not exist or the bottom holds no floating-point numbers.
    Source: Caffe, softmax_layer.cpp.
    """
    check_floating(bottoms)
    return nn.Softmax(axis_index(params.axis, bottoms[0]))


SOFTMAX = LayerType(name="Softmax", params=SoftmaxParams, build=build, infer=same_as_first)
