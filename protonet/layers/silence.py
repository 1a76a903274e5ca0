"""Silence: blobs that nobody reads, and that shall be no outputs."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import torch
from torch import nn

from protonet.layers.record import SOME, Arity, Blob, LayerType, NoParams, Setting


class Silence(nn.Module):
    """Takes any number of tensors and gives none."""

    def forward(self, *bottoms: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return nothing."""
        return ()


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Read the bottoms, so that they are no outputs of the net, and send no gradient into them.

    Bottoms: any number, shape and type.
    Tops: none.
    Source: Caffe, silence_layer.cpp.
    """
    return Silence()


def infer(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return no top."""
    return ()


SILENCE = LayerType(
    name="Silence",
    params=NoParams,
    build=build,
    bottoms=SOME,
    tops=Arity(0, 0),
    infer=infer,
    exclusions=MappingProxyType({"gradient": "it has no top"}),
)
