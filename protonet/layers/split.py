"""Split: one blob under several names."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.record import SOME, Blob, LayerType, NoParams, Setting


class Split(nn.Module):
    """Gives its bottom `tops` times, without copying it; the gradients add up."""

    def __init__(self, tops: int) -> None:
        super().__init__()
        self.tops = tops

    def forward(self, bottom: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return tensors of their own over the bottom's memory, so that each has a gradient."""
        views = tuple(bottom.view_as(bottom) for _ in range(self.tops))
        return views if self.tops != 1 else views[0]


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Give the bottom under several names. Caffe's nets need it, protonet's may read a blob twice.

    Bottom: any shape and type.
    Tops: any number, each of the bottom's shape.
    Source: Caffe, split_layer.cpp.
    """
    return Split(setting.tops)


def infer(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the bottom as every top."""
    return (bottoms[0],) * setting.tops


SPLIT = LayerType(name="Split", params=NoParams, build=build, tops=SOME, infer=infer)
