"""BatchNorm: each channel brought to mean 0 and variance 1; no scale and no shift."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.record import Blob, LayerType, Setting, same_as_first
from protonet.layers.spread import spread
from protonet.layers.synchronised import Rows, common_statistics, normalised, unbiased
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


class Statistics(nn.Module, ABC):
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

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Normalise (N, C, …)."""
        return self.scaled(bottom, None, None)

    @abstractmethod
    def scaled(
        self, bottom: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None
    ) -> torch.Tensor:
        """Normalise (N, C, …); multiply each channel by its factor and add a number, where given.

        Args:
            bottom: what is normalised.
            weight: (C), or None.
            bias: (C), or None with `weight`.
        """

    def normalised(
        self,
        bottom: torch.Tensor,
        stored: tuple[torch.Tensor, torch.Tensor],
        affine: tuple[torch.Tensor | None, torch.Tensor | None],
        *,
        of_batch: bool,
    ) -> torch.Tensor:
        """Return (bottom - mean) / sqrt(variance + eps) * weight + bias, in one kernel.

        Args:
            bottom: what is normalised; the result has its shape.
            stored: mean and variance. With `of_batch` the statistics are the batch's own, and are
                written into these, the variance times m / (m - 1).
            affine: weight and bias, or None.
            of_batch: see `stored`.
        """
        fused = torch.backends.cudnn.enabled
        args = (*affine, *stored, of_batch, 1.0, self.eps, fused)
        if bottom.dim() > 1:
            return torch.batch_norm(bottom, *args)
        return torch.batch_norm(bottom.unsqueeze(1), *args).squeeze(1)  # (N) is one channel


class StoredStatistics(Statistics):
    """Normalises by the stored statistics, which are 0 where nothing was stored."""

    def scaled(
        self, bottom: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None
    ) -> torch.Tensor:
        """See `Statistics.scaled`."""
        factor = self.scale_factor
        share = torch.where(factor == 0, factor, 1 / factor)
        stored = self.mean * share, self.variance * share
        return self.normalised(bottom, stored, (weight, bias), of_batch=False)


class BatchStatistics(Statistics):
    """Normalises by the statistics of the batch, and adds them to the stored ones.

    Args:
        channels: number of channels.
        eps: added to the variance.
        fraction: share of the stored sums that is kept.

    Attributes:
        rows: gathers the statistics of several processes, of which each has a part of the batch;
            None: this one has the whole, or uses those of its part.
    """

    rows: Rows | None = None

    def __init__(self, channels: int, eps: float, fraction: float) -> None:
        super().__init__(channels, eps)
        self.fraction = fraction

    def scaled(
        self, bottom: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None
    ) -> torch.Tensor:
        """See `Statistics.scaled`."""
        if self.rows is not None:
            return self._together(bottom, self.rows, (weight, bias))
        mean, variance = torch.zeros_like(self.mean), torch.zeros_like(self.mean)
        top = self.normalised(bottom, (mean, variance), (weight, bias), of_batch=True)
        # torch divides by m - 1, which is 0 for one number per channel; its variance is 0.
        self._add(mean, variance if bottom.numel() > mean.numel() else torch.zeros_like(mean))
        return top

    def _together(
        self,
        bottom: torch.Tensor,
        rows: Rows,
        affine: tuple[torch.Tensor | None, torch.Tensor | None],
    ) -> torch.Tensor:
        channels = bottom if bottom.dim() > 1 else bottom.unsqueeze(1)
        mean, variance, count = common_statistics(channels, rows)
        with torch.no_grad():
            self._add(mean, unbiased(variance, count))
        top = normalised(channels, mean, variance, self.eps)
        weight, bias = (one if one is None else spread(one, channels.dim() - 2) for one in affine)
        top = top if weight is None else top * weight
        return (top if bias is None else top + bias).view_as(bottom)

    def _add(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
        _keep(self.mean, self.fraction, mean)
        _keep(self.variance, self.fraction, variance)
        factor = self.scale_factor
        _keep(factor, self.fraction, torch.ones_like(factor))


def _keep(stored: torch.Tensor, fraction: float, new: torch.Tensor) -> None:
    """Keep a share of what is stored, and add what is new: one kernel for both."""
    torch.add(new, stored, alpha=fraction, out=stored)


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
        statistics: Statistics = StoredStatistics(channels, params.eps)
    else:
        statistics = BatchStatistics(channels, params.eps, params.moving_average_fraction)
    return statistics.to(torch.promote_types(bottom.dtype, torch.float32))  # halves do not add up


BATCH_NORM = LayerType(
    name="BatchNorm",
    params=BatchNormParams,
    build=build,
    parameters=("mean", "variance", "scale_factor"),
    infer=same_as_first,
    freeze=lambda params: params.model_copy(update={"use_global_stats": True}),
)
