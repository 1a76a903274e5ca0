"""Reshape: the same numbers in other axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Self

import torch
from pydantic import Field, model_validator
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import Blob, LayerType, Setting
from protonet.layers.shapes import NewShape, Shape
from protonet.records import Integer, Record, custom_error

COPY, REST = 0, -1
"""Sizes that stand for the bottom's own at the same place, and for what is left."""


class ReshapeParams(Record):
    """The new axes, and which of the bottom's they replace."""

    shape: NewShape
    """Sizes of the new axes. 0 copies the size of the bottom's axis at the same place, -1 (once)
    stands for what is left. Caffe's {dim: [...]} is a shape too."""
    axis: Integer = 0
    """First axis that is replaced; -1 is the place behind the last axis, -2 the last axis."""
    num_axes: Annotated[Integer, Field(ge=-1)] = -1
    """Number of axes that are replaced: 0 for none (the new ones are put in before `axis`), -1 for
    all from `axis` on."""

    @model_validator(mode="after")
    def _one_rest(self) -> Self:
        if self.shape.count(REST) > 1:
            why = f"shape has {self.shape.count(REST)} sizes of -1"
            raise custom_error("PN013", why, "one at most can follow from the others")
        return self


class Reshape(nn.Module):
    """Replaces neighbouring axes by others of the same product.

    Args:
        start: first axis that is replaced.
        end: first axis behind them.
        sizes: of the new axes, with `COPY` and `REST`.
    """

    def __init__(self, start: int, end: int, sizes: Shape) -> None:
        super().__init__()
        self.start, self.end, self.sizes = start, end, sizes

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return a view where the memory order allows it."""
        shape = bottom.shape
        middle = (shape[self.start + i] if s == COPY else s for i, s in enumerate(self.sizes))
        return bottom.reshape(*shape[: self.start], *middle, *shape[self.end :])


def build(params: ReshapeParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Give the numbers, in row-major order, other axes.

    Bottom: any shape and type.
    Top: the bottom's shape with the axes from `axis` on, `num_axes` of them, replaced by `shape`.
    Raises: ShapeError if an axis does not exist, or the new axes hold more or fewer numbers.
    Source: Caffe, reshape_layer.cpp.
    """
    start, end = _replaced(params, bottoms[0])
    _new_sizes(params, bottoms[0])
    return Reshape(start, end, params.shape)


def infer(params: ReshapeParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, by the formula of `build`."""
    shape = bottoms[0].shape
    start, end = _replaced(params, bottoms[0])
    sizes = _new_sizes(params, bottoms[0])
    return (Blob((*shape[:start], *sizes, *shape[end:]), bottoms[0].dtype),)


def _replaced(params: ReshapeParams, bottom: Blob) -> tuple[int, int]:
    """Return the first axis that is replaced, and the first behind those."""
    rank = bottom.rank
    start = params.axis if params.axis >= 0 else rank + 1 + params.axis
    if not 0 <= start <= rank:
        raise ShapeError(
            f"axis {params.axis} does not exist in a bottom of shape {bottom}",
            f"new axes begin at 0 to {rank}, or -{rank + 1} to -1 counted from behind the last",
        )
    end = rank if params.num_axes < 0 else start + params.num_axes
    if end > rank:
        raise ShapeError(
            f"num_axes {params.num_axes} from axis {params.axis} on exceeds the axes of {bottom}",
            f"{rank - start} are left; -1 takes them all",
        )
    return start, end


def _new_sizes(params: ReshapeParams, bottom: Blob) -> list[int]:
    """Return the sizes of the new axes."""
    start, end = _replaced(params, bottom)
    sizes = list(params.shape)
    for place, size in enumerate(sizes):
        if size == COPY:
            sizes[place] = _copied(bottom, start, place)
    numbers = math.prod(bottom.shape[start:end])
    known = math.prod(size for size in sizes if size != REST)
    written = f"shape {list(params.shape)}"
    if REST in sizes:
        if numbers % known:
            why = f"{written}: the -1 would be {numbers} / {known}, which leaves {numbers % known}"
            raise ShapeError(why, _what_is_replaced(bottom, start, end))
        sizes[sizes.index(REST)] = numbers // known
    elif known != numbers:
        why = f"{written} holds {known} numbers and replaces {numbers}"
        raise ShapeError(why, _what_is_replaced(bottom, start, end))
    return sizes


def _copied(bottom: Blob, start: int, place: int) -> int:
    if start + place >= bottom.rank:
        why = f"the 0 at place {place} of shape copies axis {start + place} of {bottom}"
        raise ShapeError(f"{why}, which has {bottom.rank} axes", "-1 stands for what is left")
    return bottom.shape[start + place]


def _what_is_replaced(bottom: Blob, start: int, end: int) -> str:
    product = " * ".join(map(str, bottom.shape[start:end])) or "1"
    return f"the axes that are replaced hold {product} = {math.prod(bottom.shape[start:end])}"


RESHAPE = LayerType(name="Reshape", params=ReshapeParams, build=build, infer=infer)
