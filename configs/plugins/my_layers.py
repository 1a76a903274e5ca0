"""Two layer types that protonet does not have, as a plugin: `plugins: [my_layers.py]`.

maxout.yaml beside this file uses them, and docs/plugins.md explains them line by line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from protonet.errors import ShapeError
from protonet.fillers import Filler, constant
from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Count, Positive, Record


class MaxoutParams(Record):
    """How many outputs, and of how many sums each is the largest."""

    num_output: Count
    """Number of outputs per sample."""
    pieces: Count = 2
    """Number of weighted sums of which each output is the largest."""
    weight_filler: Filler = constant(0)
    """How the weight starts."""
    bias_filler: Filler = constant(0)
    """How the bias starts."""


class Maxout(nn.Module):
    """The largest of several weighted sums of all inputs.

    Args:
        weight: a tensor to become the weight, (num_output * pieces, inputs).
        pieces: sums of which each output is the largest.
    """

    def __init__(self, weight: torch.Tensor, pieces: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.empty_like(weight[:, 0]))
        self.pieces = pieces

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Map (N, …) to (N, num_output)."""
        sums = F.linear(bottom.flatten(1), self.weight, self.bias)
        return sums.unflatten(1, (-1, self.pieces)).amax(2)  # (N, num_output)


def build_maxout(params: MaxoutParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Give the largest of `pieces` weighted sums of the inputs, `num_output` times.

    Bottom: (N, …), any float dtype.
    Top: (N, num_output).
    Raises: ShapeError if the bottom has no axis beside that of the samples, or holds no
        floating-point numbers.
    Source: Goodfellow, Warde-Farley, Mirza, Courville, Bengio: Maxout Networks, 2013.
    """
    check_floating(bottoms)
    if bottoms[0].rank < 2:
        raise ShapeError(
            f"a bottom of shape {bottoms[0]} has no numbers to be weighed",
            "its first axis is that of the samples, and Maxout needs another",
        )
    sums, inputs = params.num_output * params.pieces, math.prod(bottoms[0].shape[1:])
    return Maxout(torch.empty(sums, inputs, dtype=bottoms[0].dtype), params.pieces)


def maxout_fillers(params: MaxoutParams) -> Mapping[str, Filler]:
    """Return how each parameter starts."""
    return {"weight": params.weight_filler, "bias": params.bias_filler}


def maxout_multiply_adds(
    params: MaxoutParams, bottoms: Sequence[Blob], tops: Sequence[Blob]
) -> int:
    """Return one product for each input of each sum."""
    return math.prod(bottoms[0].shape) * params.num_output * params.pieces


MAXOUT = LayerType(
    name="Maxout",
    params=MaxoutParams,
    build=build_maxout,
    parameters=("weight", "bias"),
    fillers=maxout_fillers,
    multiply_adds=maxout_multiply_adds,
)


class SignedRootParams(Record):
    """How steep the root may become."""

    steepest: Positive = 100.0
    """Largest slope: near 0 the true one grows without bound. Without unit."""


class SignedRoot(torch.autograd.Function):
    """The square root of the distance from 0, with its sign, and a gradient that stays finite."""

    @staticmethod
    def forward(bottom: torch.Tensor, steepest: float) -> torch.Tensor:
        """Return sign(x) * sqrt(|x|) of each number x."""
        return bottom.sign() * bottom.abs().sqrt()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[torch.Tensor, float], output: torch.Tensor) -> None:
        """Keep what the gradient is made of."""
        _, ctx.steepest = inputs
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Return the gradient of the bottom, 1 / (2 sqrt|x|) but `steepest` at most."""
        (top,) = ctx.saved_tensors
        slope = (0.5 / top.abs()).clamp(max=ctx.steepest)
        return gradients[0] * slope, None


class SignedSquareRoot(nn.Module):
    """`SignedRoot` as a module.

    Args:
        steepest: largest slope.
    """

    def __init__(self, steepest: float) -> None:
        super().__init__()
        self.steepest = steepest

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the shape of the bottom."""
        top: torch.Tensor = SignedRoot.apply(bottom, self.steepest)
        return top


def build_signed_square_root(
    params: SignedRootParams, bottoms: Sequence[Blob], setting: Setting
) -> nn.Module:
    """Give the square root of each number's distance from 0, with the number's sign.

    Bottom: any shape, any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom holds no floating-point numbers.
    Source: Lin, RoyChowdhury, Maji: Bilinear CNN Models for Fine-grained Visual Recognition, 2015.
        torch's own gradient of sign(x) * sqrt(|x|) is not a number at 0.
    """
    check_floating(bottoms)
    return SignedSquareRoot(params.steepest)


SIGNED_SQUARE_ROOT = LayerType(
    name="SignedSquareRoot",
    params=SignedRootParams,
    build=build_signed_square_root,
    infer=same_as_first,
)
