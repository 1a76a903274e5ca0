"""Bias: a number added to each channel, learned or given as a second bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from protonet.fillers import Filler, constant
from protonet.layers.checks import check_floating
from protonet.layers.record import Arity, Blob, LayerType, Setting, same_as_first
from protonet.layers.spread import Shape, check_given, learned_shape, spread, trailing_axes
from protonet.records import Integer, Record


class BiasParams(Record):
    """Along which axes the biases differ."""

    axis: Integer = 1
    """First axis along which the biases differ; a negative one counts from the end."""
    num_axes: Annotated[Integer, Field(ge=-1)] = 1
    """Number of axes along which they differ: 0 for a single bias, -1 for all from `axis` on.
    Without effect where the biases are the second bottom."""
    filler: Filler = constant(0)
    """How the biases start. Without effect where they are the second bottom."""


class Bias(nn.Module):
    """Adds learned biases.

    Args:
        shape: of the biases.
        trailing: number of the bottom's axes after those of the biases.
    """

    def __init__(self, shape: Shape, trailing: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.empty(shape))
        self.trailing = trailing

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        return bottom + spread(self.bias, self.trailing)


class BiasByBottom(nn.Module):
    """Adds a second bottom, which `trailing` axes of the first come after."""

    def __init__(self, trailing: int) -> None:
        super().__init__()
        self.trailing = trailing

    def forward(self, bottom: torch.Tensor, biases: torch.Tensor) -> torch.Tensor:
        """Return the shape of the first bottom."""
        return bottom + spread(biases, self.trailing)


def build(params: BiasParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Add to each number a bias, learned or given by the second bottom.

    Bottoms: any shape, any float dtype; on request the biases, whose shape is that of the first
        bottom's axes from `axis` on, as many as they have.
    Top: the shape of the first bottom.
    Raises: ShapeError if an axis does not exist, or the biases do not match.
    Source: Caffe, bias_layer.cpp.
    """
    check_floating(bottoms)
    first = bottoms[0]
    if len(bottoms) == 1:
        shape = learned_shape(params.axis, params.num_axes, first)
        return Bias(shape, trailing_axes(params.axis, shape, first)).to(first.dtype)
    check_given("biases", bottoms[1], params.axis, first)
    return BiasByBottom(trailing_axes(params.axis, bottoms[1].shape, first))


def _fillers(params: BiasParams) -> Mapping[str, Filler]:
    return {"bias": params.filler}


BIAS = LayerType(
    name="Bias",
    params=BiasParams,
    build=build,
    bottoms=Arity(1, 2),
    parameters=("bias",),
    fillers=_fillers,
    infer=same_as_first,
)
