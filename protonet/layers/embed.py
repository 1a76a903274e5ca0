"""Embed: each index becomes a learned vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional

from protonet.errors import DataError
from protonet.fillers import Filler, constant
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Count, Flag, Record


class EmbedParams(Record):
    """How many vectors there are, how long, and how they start."""

    num_output: Count
    """Length of each vector."""
    input_dim: Count
    """Number of vectors: indices are 0 to input_dim - 1."""
    bias_term: Flag = True
    """Whether one vector is added to all."""
    weight_filler: Filler = constant(0)
    """How the vectors start."""
    bias_filler: Filler = constant(0)
    """How what is added starts."""


class Embed(nn.Module):
    """Looks vectors up by their indices, and adds a bias.

    Args:
        count: number of vectors.
        length: of each.
        has_bias: whether one is added to all.
    """

    def __init__(self, count: int, length: int, has_bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(count, length))
        self.bias = nn.Parameter(torch.empty(length)) if has_bias else None

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom with the vectors as a last axis.

        Raises: DataError if an index is outside the table (on a CPU).
        """
        indices = bottom.long()
        try:
            top = functional.embedding(indices, self.weight)
        except IndexError:
            raise outside_table(indices, self.weight.shape[0]) from None
        return top if self.bias is None else top + self.bias


def outside_table(indices: torch.Tensor, count: int) -> DataError:
    """Return the error that names the first index, of any shape, outside a table of `count`
    vectors; one must be."""
    flat = indices.flatten()
    wrong = int(flat[(flat < 0) | (flat >= count)][0])
    return DataError(f"index {wrong} is outside the {count} vectors (0 to {count - 1})")


def build(params: EmbedParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Replace each index by the vector of a learned table that it points to, and add a bias.

    Bottom: any shape; indices, of any number type. It gets no gradient.
    Top: the shape of the bottom, and behind it an axis of length num_output.
    Source: Caffe, embed_layer.cpp: a fraction is cut off.
    """
    return Embed(params.input_dim, params.num_output, params.bias_term)


def infer(params: EmbedParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the top's shape, in the type of the parameters."""
    return (Blob((*bottoms[0].shape, params.num_output)),)


def _fillers(params: EmbedParams) -> Mapping[str, Filler]:
    return {"weight": params.weight_filler, "bias": params.bias_filler}


EMBED = LayerType(
    name="Embed",
    params=EmbedParams,
    build=build,
    parameters=("weight", "bias"),
    fillers=_fillers,
    infer=infer,
)
