"""ShuffleChannel: the channels of several groups are dealt out in turn."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from protonet.errors import ShapeError
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Count, Record


class ShuffleChannelParams(Record):
    """How the channels are grouped."""

    group: Count = 1
    """Number of groups, which divides the number of channels."""


class ShuffleChannel(nn.Module):
    """Takes one channel of each group in turn."""

    def __init__(self, group: int) -> None:
        super().__init__()
        self.group = group

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        if bottom.dim() > 2 and not torch.compiler.is_compiling():
            # torch's own needs no second copy where channels lie last
            return functional.channel_shuffle(bottom, self.group)
        sizes = (bottom.shape[0], self.group, -1, *bottom.shape[2:])
        grouped = bottom.reshape(sizes)  # (N, group, C/group, …)
        return grouped.transpose(1, 2).flatten(1, 2)


def build(params: ShuffleChannelParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Reorder the channels: the first of each group, then the second of each group, and so on.

    Bottom: (N, C, …), any type.
    Top: the shape of the bottom.
    Raises: ShapeError if there is no axis of channels, or `group` does not divide their number.
    Source: the fork of Caffe that ShuffleNet came with, shuffle_channel_layer.cpp.
    """
    bottom = bottoms[0]
    if bottom.rank < 2:
        raise ShapeError(f"a bottom of shape {bottom} has no channels", "they are axis 1")
    if rest := bottom.shape[1] % params.group:
        why = f"group {params.group} does not divide the {bottom.shape[1]} channels of {bottom}"
        raise ShapeError(why, f"{bottom.shape[1]} / {params.group} leaves {rest}")
    return nn.Identity() if params.group == 1 else ShuffleChannel(params.group)


SHUFFLE_CHANNEL = LayerType(
    name="ShuffleChannel", params=ShuffleChannelParams, build=build, infer=same_as_first
)
