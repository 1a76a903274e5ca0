"""Recurrent: a block of the net that is applied along an axis, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

from pydantic import Field
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import SOME, Blob, LayerType, Setting
from protonet.records import Flag, Record, Size, Text


class RecurrentParams(Record):
    """Which block is applied, and what its bottoms are in each step."""

    block: Text
    """The block. What it takes as arguments stands beside these keys."""
    over: dict[str, Text]
    """Bottoms of the block that are cut: each names a blob, of which a step gets its part."""
    carry: dict[str, Any] = Field(default_factory=dict)
    """Bottoms of the block that are handed from step to step, `{h: [h_next, h0]}`: the block's blob
    that the next step gets, and the blob that the first one gets. `[h_next, [32]]` begins with
    zeros of that shape, N in front; `h_next` alone with zeros of the shape that the block gives."""
    constant: dict[str, Text] = Field(default_factory=dict)
    """Bottoms of the block that get the whole of a blob in each step."""
    axis: Size = 0
    """The axis of the steps, in what is cut and in the tops, from 0."""
    reverse: Flag = False
    """From the last step to the first; the tops keep the order of the bottoms."""


def build(params: RecurrentParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Apply a block of the net along an axis.

    Bottoms: the blobs that `over`, `constant` and `carry` name; those of `over` have an axis of
        equally many steps, (T, N, …) with `axis: 0`.
    Tops: the block's tops, stacked along the axis; further ones are the last values of what is
        carried, in its order. What is carried keeps shape and type from step to step.
    Raises: ShapeError: the net builds it, which knows the block.
    """
    raise ShapeError("a Recurrent layer is built by its net, which knows the block")


RECURRENT = LayerType(
    name="Recurrent",
    params=RecurrentParams,
    build=build,
    bottoms=SOME,
    tops=SOME,
    exclusions=MappingProxyType({"run": "the net that has the block builds it"}),
)
