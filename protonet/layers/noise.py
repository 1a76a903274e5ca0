"""Noise: random numbers for each sample, what a generator begins with."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import Blob, LayerType, Setting
from protonet.records import Count, Number, Positive, Record


class NoiseParams(Record):
    """How many numbers a sample gets, and from what they are drawn."""

    shape: Annotated[tuple[Count, ...], Field(min_length=1)]
    """Sizes of the axes of one sample, without the batch axis."""
    distribution: Literal["gaussian", "uniform"] = "gaussian"
    """`gaussian`: of this `mean` and `std`; `uniform`: between mean - sqrt(3) * std and
    mean + sqrt(3) * std, which has the same mean and deviation."""
    mean: Number = 0.0
    """Mean of the numbers."""
    std: Positive = 1.0
    """Their standard deviation."""


class Noise(nn.Module):
    """Draws numbers, as many samples of them as the bottom has.

    Args:
        params: what is drawn.
        fixed: whether every call gives the same numbers.
    """

    def __init__(self, params: NoiseParams, *, fixed: bool) -> None:
        super().__init__()
        self.params, self.fixed = params, fixed

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the numbers."""
        params = self.params
        size: tuple[int, ...] = (bottom.shape[0], *params.shape)
        generator = torch.Generator(bottom.device).manual_seed(0) if self.fixed else None
        if params.distribution == "gaussian":
            drawn = torch.randn(size, generator=generator, device=bottom.device)
            return drawn.mul_(params.std).add_(params.mean)
        drawn = torch.rand(size, generator=generator, device=bottom.device)
        half = 3.0**0.5 * params.std
        return drawn.mul_(2 * half).add_(params.mean - half)


def build(params: NoiseParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Draw random numbers for each sample of the bottom.

    They are drawn anew in every iteration of training; elsewhere they are always the same, so that
    what is made of them can be compared from test to test.
    Bottom: (N, …), of which only N matters. Top: (N, *shape), float32.
    Raises: ShapeError if the bottom has no axis.
    """
    infer(params, bottoms, setting)
    return Noise(params, fixed=setting.phase != "train")


def infer(params: NoiseParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
    """Return the shape given, behind the batch axis of the bottom."""
    if not bottoms[0].rank:
        why = "the bottom is a single number, without an axis of samples"
        raise ShapeError(why, "numbers are drawn for each sample: (N, …)")
    return (Blob((bottoms[0].shape[0], *params.shape)),)


NOISE = LayerType(
    name="Noise",
    params=NoiseParams,
    build=build,
    infer=infer,
    exclusions=MappingProxyType(
        {
            "gradient": "random numbers have none",
            "export": "outside training it seeds a generator of its own in every call",
        }
    ),
)
