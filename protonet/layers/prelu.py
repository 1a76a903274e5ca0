"""PReLU: negative numbers are shrunk by learned factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional

from protonet.errors import ShapeError
from protonet.fillers import Filler, constant
from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Flag, Record


class PReLUParams(Record):
    """How many slopes there are, and how they start."""

    filler: Filler = constant(0.25)
    """How the slopes start."""
    channel_shared: Flag = False
    """Whether all channels have one slope, instead of one each."""


class PReLU(nn.Module):
    """Multiplies negative numbers by learned slopes.

    Args:
        shape: of the slopes, (C) or () for a single one.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom, (N, C, …)."""
        return functional.prelu(bottom, self.weight.to(bottom.dtype))


def build(params: PReLUParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Keep positive numbers and multiply the others by a learned slope.

    Bottom: (N, C, …), any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if there is no axis of channels, or the bottom holds no floating-point
        numbers.
    Source: Caffe, prelu_layer.cpp: the gradient at exactly 0 is the slope, as in torch.
    """
    check_floating(bottoms)
    bottom = bottoms[0]
    if bottom.rank < 2:
        raise ShapeError(f"a bottom of shape {bottom} has no channels", "they are axis 1")
    return PReLU(() if params.channel_shared else bottom.shape[1:2])


def _fillers(params: PReLUParams) -> Mapping[str, Filler]:
    return {"weight": params.filler}


PRELU = LayerType(
    name="PReLU",
    params=PReLUParams,
    build=build,
    parameters=("weight",),
    fillers=_fillers,
    infer=same_as_first,
)
