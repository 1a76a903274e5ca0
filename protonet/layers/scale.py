"""Scale: a factor for each channel, learned or given as a second bottom."""

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
from protonet.records import Flag, Integer, Record


class ScaleParams(Record):
    """Along which axes the factors differ, and whether something is added."""

    axis: Integer = 1
    """First axis along which the factors differ; a negative one counts from the end."""
    num_axes: Annotated[Integer, Field(ge=-1)] = 1
    """Number of axes along which they differ: 0 for a single factor, -1 for all from `axis` on.
    Without effect where the factors are the second bottom."""
    filler: Filler = constant(1)
    """How the factors start. Without effect where they are the second bottom."""
    bias_term: Flag = False
    """Whether a number is added besides, one per factor."""
    bias_filler: Filler = constant(0)
    """How what is added starts."""


class Scale(nn.Module):
    """Multiplies by learned factors, and adds a learned bias.

    Args:
        shape: of the factors.
        has_bias: whether there is a bias of that shape.
        trailing: number of the bottom's axes after those of the factors.
    """

    def __init__(self, shape: Shape, has_bias: bool, trailing: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.empty(shape)) if has_bias else None
        self.trailing = trailing

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        return _scaled(bottom, self.weight, self.bias, self.trailing)


class ScaleByBottom(nn.Module):
    """Multiplies by a second bottom, and adds a learned bias; arguments as for `Scale`."""

    def __init__(self, shape: Shape, has_bias: bool, trailing: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.empty(shape)) if has_bias else None
        self.trailing = trailing

    def forward(self, bottom: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
        """Return the shape of the first bottom."""
        return _scaled(bottom, factors, self.bias, self.trailing)


def _scaled(
    bottom: torch.Tensor, factors: torch.Tensor, bias: torch.Tensor | None, trailing: int
) -> torch.Tensor:
    top = bottom * spread(factors, trailing)
    # In place, which the gradient of a product allows: faster than addcmul, which is made for one
    # shape, and than a sum, which takes memory of its own.
    return top if bias is None else top.add_(spread(bias, trailing))


def build(params: ScaleParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Multiply each number by a factor, learned or given by the second bottom, and add a bias.

    Bottoms: any shape, any float dtype; on request the factors, whose shape is that of the first
        bottom's axes from `axis` on, as many as they have.
    Top: the shape of the first bottom.
    Raises: ShapeError if an axis does not exist, or the factors do not match.
    Source: Caffe, scale_layer.cpp: learned factors start at 1, where no filler is given.
    """
    check_floating(bottoms)
    first = bottoms[0]
    if len(bottoms) == 1:
        shape = learned_shape(params.axis, params.num_axes, first)
        scale = Scale(shape, params.bias_term, trailing_axes(params.axis, shape, first))
        return scale.to(first.dtype)
    factors = bottoms[1]
    check_given("factors", factors, params.axis, first)
    trailing = trailing_axes(params.axis, factors.shape, first)
    return ScaleByBottom(factors.shape, params.bias_term, trailing).to(first.dtype)


def _fillers(params: ScaleParams) -> Mapping[str, Filler]:
    return {"weight": params.filler, "bias": params.bias_filler}


SCALE = LayerType(
    name="Scale",
    params=ScaleParams,
    build=build,
    bottoms=Arity(1, 2),
    parameters=("weight", "bias"),
    fillers=_fillers,
    infer=same_as_first,
)
