"""ELU: positive numbers stay, negative ones level off."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Number, Record


class ELUParams(Record):
    """Where negative numbers level off."""

    alpha: Number = 1.0
    """Numbers far below 0 become nearly -alpha; in the unit of the bottom."""


def build(params: ELUParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Keep positive numbers x and make the others alpha * (exp(x) - 1).

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Caffe, elu_layer.cpp: the gradient at exactly 0 is `alpha`, as in torch.
    """
    check_floating(bottoms)
    return nn.ELU(params.alpha)


ELU = LayerType(name="ELU", params=ELUParams, build=build, infer=same_as_first)
