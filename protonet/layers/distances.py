"""How far numbers are from their targets, in torch's own kernels.

`torch.nn.functional` first spreads both over each other's shape: two views, each with a gradient of
its own. The bottoms of a layer are of one shape, and the kernels are called as they are.
"""

from __future__ import annotations

import torch

_MEAN, _SUM = 1, 2
"""What the kernels know "mean" and "sum" as."""


def goals(targets: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Return targets in the type and shape of the values that they are compared with."""
    typed = targets if targets.dtype == values.dtype else targets.to(values.dtype)
    return typed if typed.shape == values.shape else typed.reshape(values.shape)


def squares(values: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return Σ (value - target)², (), of two blobs of one shape and type."""
    total: torch.Tensor = torch.ops.aten.mse_loss.default(values, targets, _SUM)
    return total


def mean_square(values: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return `squares` divided by the number of values, ()."""
    mean: torch.Tensor = torch.ops.aten.mse_loss.default(values, targets, _MEAN)
    return mean


def lengths(values: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return Σ |value - target|, (), of two blobs of one shape and type."""
    total: torch.Tensor = torch.ops.aten.l1_loss.default(values, targets, _SUM)
    return total


def mean_length(values: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return `lengths` divided by the number of values, ()."""
    mean: torch.Tensor = torch.ops.aten.l1_loss.default(values, targets, _MEAN)
    return mean


def smooth_lengths(values: torch.Tensor, targets: torch.Tensor, reach: float) -> torch.Tensor:
    """Return Σ f(value - target), (), of two blobs of one shape and type; f(x) is x² / (2 reach) up
    to |x| = reach and |x| - reach / 2 from there on."""
    total: torch.Tensor = torch.ops.aten.smooth_l1_loss.default(values, targets, _SUM, reach)
    return total
