"""BNLL: binomial negative log likelihood, a smooth ReLU."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, NoParams, Setting, same_as_first

_LINEAR_FROM = 50
"""Beyond it log(1 + exp(x)) is x to the last digit, and exp(x) need not be computed."""


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compute log(1 + exp(x)) of each number x.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, bnll_layer.cpp.
    """
    check_floating(bottoms)
    return nn.Softplus(threshold=_LINEAR_FROM)


BNLL = LayerType(name="BNLL", params=NoParams, build=build, infer=same_as_first)
