"""LRN: local response normalisation, across channels or within each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from pydantic import AfterValidator
from torch import nn
from torch.nn import functional

from protonet.layers.checks import check_floating
from protonet.layers.images import image_sides
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.layers.wide import wide, without_autocast
from protonet.records import Count, Number, Record, custom_error


def _odd(size: int) -> int:
    if size % 2 == 0:
        raise custom_error(
            "PN013", "must be odd, so that one is in the middle", f"{size - 1} or {size + 1}"
        )
    return size


class LRNParams(Record):
    """Which neighbours count, and how much."""

    local_size: Annotated[Count, AfterValidator(_odd)] = 5
    """Number of neighbouring channels, or side of the square in pixels, the middle one included;
    odd."""
    alpha: Number = 1.0
    """Weight of the mean of the neighbours' squares; without unit."""
    beta: Number = 0.75
    """Exponent of what is divided by."""
    norm_region: Literal["ACROSS_CHANNELS", "WITHIN_CHANNEL"] = "ACROSS_CHANNELS"
    """Whether the neighbours are other channels at the same pixel, or pixels of the same
    channel."""
    k: Number = 1.0
    """What the weighted mean is added to. WITHIN_CHANNEL adds it to 1 whatever is given, as
    Caffe does."""


class AcrossChannels(nn.Module):
    """x * (k + alpha / n * Σ x²) ** -beta, the sum over n neighbouring channels.

    The sums are a 1×1 convolution whose matrix is a band: many times faster than the pooling over
    three axes of torch's own local_response_norm.

    Args:
        size: n, odd.
        alpha, beta, k: of the formula.
    """

    def __init__(self, size: int, alpha: float, beta: float, k: float) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Normalise (N, C, H, W)."""
        values, channels = wide(bottom), torch.arange(bottom.shape[1], device=bottom.device)
        is_near = (channels.unsqueeze(1) - channels).abs() <= self.size // 2
        band = is_near.to(values.dtype) * (self.alpha / self.size)  # (C, C)
        base = values.new_full(channels.shape, self.k)
        with without_autocast(values):
            scale = functional.conv2d(values * values, band[:, :, None, None], base)
        return (values * scale.pow(-self.beta)).to(bottom.dtype)


class WithinChannel(nn.Module):
    """x * (1 + alpha / n² * Σ x²) ** -beta, the sum over a square of n by n pixels.

    Args:
        size: n, odd.
        alpha, beta: of the formula.
    """

    def __init__(self, size: int, alpha: float, beta: float) -> None:
        super().__init__()
        self.size, self.alpha, self.beta = size, alpha, beta

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Normalise (N, C, H, W)."""
        values = wide(bottom)
        means = functional.avg_pool2d(values * values, self.size, 1, self.size // 2)  # Σ x² / n²
        return (values * (1 + self.alpha * means).pow(-self.beta)).to(bottom.dtype)


def build(params: LRNParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Divide each number by a power of the squares around it.

    Bottom: (N, C, H, W), any float dtype.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom has not 4 axes.
    Source: Caffe, lrn_layer.cpp: what lies outside counts as 0, in the mean too.
    """
    image_sides(bottoms[0], "LRN")
    check_floating(bottoms)
    size, alpha, beta = params.local_size, params.alpha, params.beta
    if params.norm_region == "WITHIN_CHANNEL":
        return WithinChannel(size, alpha, beta)
    return AcrossChannels(size, alpha, beta, params.k)


LRN = LayerType(name="LRN", params=LRNParams, build=build, infer=same_as_first)
