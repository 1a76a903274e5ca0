"""Parameter: a learned blob, for other layers to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from protonet.fillers import Filler, constant
from protonet.layers.record import Arity, Blob, LayerType, Setting
from protonet.layers.shapes import OneShape, Shape
from protonet.records import Record


class ParameterParams(Record):
    """What is learned, and how it starts."""

    shape: OneShape
    """Sizes of the axes; there is no batch axis but one that is written. Caffe's {dim: [...]} is a
    shape too."""
    filler: Filler = constant(0)
    """How it starts. Caffe has no such field: there it is 0 or comes with the weights."""


class Parameter(nn.Module):
    """Gives its parameter."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))

    def forward(self) -> torch.Tensor:
        """Return the parameter itself."""
        return self.weight


def build(params: ParameterParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Give a learned blob.

    Top: the shape given.
    Source: Caffe, parameter_layer.hpp.
    """
    return Parameter(params.shape)


def infer(params: ParameterParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the shape given."""
    return (Blob(params.shape),)


def _fillers(params: ParameterParams) -> Mapping[str, Filler]:
    return {"weight": params.filler}


PARAMETER = LayerType(
    name="Parameter",
    params=ParameterParams,
    build=build,
    bottoms=Arity(0, 0),
    parameters=("weight",),
    fillers=_fillers,
    infer=infer,
)
