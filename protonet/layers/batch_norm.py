"""BatchNorm: each channel brought to mean 0 and variance 1; no scale and no shift."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.records import Flag, Fraction, NonNegative, Record


class BatchNormParams(Record):
    """Which statistics are used, and how they are remembered."""

    use_global_stats: Flag | None = None
    """Whether the stored statistics are used, and left as they are, instead of the batch's. Left
    out: in every phase but train."""
    moving_average_fraction: Fraction = 0.999
    """Share of the stored sums that is kept when those of a batch are added, from 0 to 1."""
    eps: NonNegative = 1e-5
    """Added to the variance before its root is taken."""


class Statistics(nn.Module):
    """Caffe's three blobs: sums of means and of variances, and the weight they were summed with.

    Args:
        channels: number of channels.
        eps: added to the variance.
    """

    mean: torch.Tensor
    variance: torch.Tensor
    scale_factor: torch.Tensor

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.zeros(channels))
        self.register_buffer("scale_factor", torch.zeros(1))
        self.eps = eps

    def normalised(
        self, bottom: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor, *, of_batch: bool
    ) -> torch.Tensor:
        """Return (bottom - mean) / sqrt(variance + eps), shaped as the bottom, in one kernel.

        With `of_batch` the statistics are the batch's own, and are written into `mean` and
        `variance`, the latter times m / (m - 1).
        """
        channels = bottom if bottom.dim() > 1 else bottom.unsqueeze(1)  # (N) is one channel
        fused = torch.backends.cudnn.enabled
        args = (None, None, mean, variance, of_batch, 1.0, self.eps, fused)
        return torch.batch_norm(channels, *args).view_as(bottom)


class StoredStatistics(Statistics):
    """Normalises by the stored statistics, which are 0 where nothing was stored."""

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Normalise (N, C, …)."""
        factor = self.scale_factor
        share = torch.where(factor == 0, factor, 1 / factor)
        return self.normalised(bottom, self.mean * share, self.variance * share, of_batch=False)


class BatchStatistics(Statistics):
    """Normalises by the statistics of the batch, and adds them to the stored ones.

    Args:
        channels: number of channels.
        eps: added to the variance.
        fraction: share of the stored sums that is kept.
    """

    def __init__(self, channels: int, eps: float, fraction: float) -> None:
        super().__init__(channels, eps)
        self.fraction = fraction

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Normalise (N, C, …)."""
        mean, variance = torch.zeros_like(self.mean), torch.zeros_like(self.variance)
        top = self.normalised(bottom, mean, variance, of_batch=True)
        self._add(self.mean, mean)
        # torch divides by m - 1, which is 0 for one number per channel; its variance is 0.
        self._add(self.variance, variance if bottom.numel() > mean.numel() else 0)
        self._add(self.scale_factor, 1)
        return top

    def _add(self, stored: torch.Tensor, new: torch.Tensor | int) -> None:
        stored.mul_(self.fraction).add_(new)


def build(params: BatchNormParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Subtract each channel's mean and divide by its standard deviation.

    Bottom: (N, C, …), any float dtype; (N) is one channel.
    Top: the shape of the bottom.
    Raises: ShapeError if the bottom has no axes.
    Source: Caffe, batch_norm_layer.cpp: it normalises with the biased variance, and stores it
        times m / (m - 1), m the numbers per channel. The sums are divided by their weight when they
        are used. A Scale layer follows, which learns what others call gamma and beta.
    """
    bottom = bottoms[0]
    check_floating(bottoms)
    if not bottom.rank:
        raise ShapeError("the bottom is a single number", "BatchNorm needs a batch of them")
    channels = bottom.shape[1] if bottom.rank > 1 else 1
    given = params.use_global_stats
    if given or given is None and setting.phase != "train":
        return StoredStatistics(channels, params.eps)
    return BatchStatistics(channels, params.eps, params.moving_average_fraction)


BATCH_NORM = LayerType(
    name="BatchNorm",
    params=BatchNormParams,
    build=build,
    parameters=("mean", "variance", "scale_factor"),
    infer=same_as_first,
    freeze=lambda params: params.model_copy(update={"use_global_stats": True}),
)
