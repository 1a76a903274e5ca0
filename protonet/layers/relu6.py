"""ReLU6: numbers are held between 0 and 6."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, NoParams, Setting, same_as_first


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Make each number at least 0 and at most 6.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: the forks of Caffe that MobileNetV2 came with: no gradient passes at 0 and at 6, as in
        torch.
    """
    check_floating(bottoms)
    return nn.ReLU6()


RELU6 = LayerType(name="ReLU6", params=NoParams, build=build, infer=same_as_first)
