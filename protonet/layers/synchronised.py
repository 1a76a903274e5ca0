"""Normalisation by the statistics of a batch of which each of several processes has a part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from protonet.layers.wide import wide

Rows = Callable[[torch.Tensor], torch.Tensor]
"""From a tensor, (…), to those of all processes, (processes, …), through which gradients flow."""


def common_statistics(
    bottom: torch.Tensor, rows: Rows
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return mean (C), biased variance (C) and numbers per channel, (), of the parts together.

    Each part's squares are taken about its own mean, so that nothing large cancels.

    Args:
        bottom: one part, (N, C, …).
        rows: gathers those of all.
    Source: Chan, Golub, LeVeque: Updating Formulae and a Pairwise Algorithm for Computing Sample
        Variances, 1979.
    """
    values = wide(bottom)
    axes = [axis for axis in range(values.dim()) if axis != 1]
    variance, mean = torch.var_mean(values, axes, correction=0)  # (C), (C)
    count = torch.full_like(mean, values.numel() // mean.numel())
    means, variances, counts = rows(torch.stack([mean, variance, count])).unbind(1)  # (parts, C)
    total = counts.sum(0)
    shares = counts / total
    common = (shares * means).sum(0)
    spread = (shares * (variances + (means - common).square())).sum(0)
    return common, spread, total[0]


def normalised(
    bottom: torch.Tensor, mean: torch.Tensor, variance: torch.Tensor, eps: float
) -> torch.Tensor:
    """Return (bottom - mean) / sqrt(variance + eps), (N, C, …), in the bottom's type."""
    shape = (1, -1, *[1] * (bottom.dim() - 2))
    factor = torch.rsqrt(variance + eps).view(shape)
    return ((bottom - mean.view(shape)) * factor).to(bottom.dtype)


def unbiased(variance: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
    """Return a variance times m / (m - 1); 0 for one number, of which it is 0."""
    return variance * count / (count - 1).clamp(min=1)


class Synchronised:
    """Stands before a BatchNorm of torch, whose statistics are then those of all processes.

    Attributes:
        rows: gathers what the processes have; None: each uses its own.
    """

    rows: Rows | None = None

    def forward(self: Any, bottom: torch.Tensor) -> torch.Tensor:
        """Normalise (N, C, …)."""
        if self.rows is None or not self.training:
            own: torch.Tensor = super().forward(bottom)  # type: ignore[misc]  # torch's
            return own
        self._check_input_dim(bottom)
        mean, variance, count = common_statistics(bottom, self.rows)
        with torch.no_grad():
            self._remember(mean, unbiased(variance, count))
        top = normalised(bottom, mean, variance, self.eps)
        if self.weight is not None:
            shape = (1, -1, *[1] * (bottom.dim() - 2))
            top = top * self.weight.view(shape) + self.bias.view(shape)
        return top

    def _remember(self: Any, mean: torch.Tensor, variance: torch.Tensor) -> None:
        if self.running_mean is None:
            return
        self.num_batches_tracked.add_(1)
        factor = self.momentum if self.momentum is not None else 1 / self.num_batches_tracked
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), factor)
        self.running_var.lerp_(variance.to(self.running_var.dtype), factor)
