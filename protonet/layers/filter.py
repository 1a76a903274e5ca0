"""Filter: only some samples go on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import SOME, Arity, Blob, LayerType, NoParams, Setting


class Filter(nn.Module):
    """Keeps the samples whose number in the last bottom is not 0."""

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return each bottom but the last with fewer samples, in their order."""
        *blobs, selector = bottoms
        kept = selector.flatten().nonzero().squeeze(1)
        tops = tuple(blob.index_select(0, kept) for blob in blobs)
        return tops if len(tops) != 1 else tops[0]


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Keep the samples that the last bottom selects; the others get a gradient of 0.

    Bottoms: any number of shapes (N, …) and types; last the selector, (N) or (N, 1, …), whose
        number is 0 for a sample that does not go on.
    Tops: one for each bottom but the selector, of its shape, with K of the N samples. `infer` gives
        N, as if all went on; how many do is in the data.
    Raises: ShapeError if the bottoms differ in N, the selector is not one number per sample, or
        there is not one top per bottom.
    Source: Caffe, filter_layer.cpp.
    """
    *blobs, selector = bottoms
    samples = selector.shape[:1]
    if not samples or math.prod(selector.shape) != samples[0]:
        why = f"the last bottom of shape {selector} is not one number for each sample"
        raise ShapeError(why, "it says which samples go on: (N)")
    for position, blob in enumerate(blobs):
        if blob.shape[:1] != samples:
            why = f"bottom {position} of shape {blob} has not the {samples[0]} samples of the last"
            raise ShapeError(f"{why}, {selector}", "the first axis is that of the samples")
    if setting.tops != len(blobs):
        why = f"{len(blobs)} bottoms are filtered, and {setting.tops} tops are named"
        raise ShapeError(why, "give one top for each bottom but the last")
    return Filter()


def infer(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the tops as they are when all samples go on."""
    return tuple(bottoms[:-1])


FILTER = LayerType(
    name="Filter",
    params=NoParams,
    build=build,
    bottoms=Arity(2, None),
    tops=SOME,
    infer=infer,
    exclusions=MappingProxyType({"shape": "how many samples go on is in the data"}),
)
