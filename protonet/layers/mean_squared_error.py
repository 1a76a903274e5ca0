"""MeanSquaredError: the mean square of how far predicted numbers are from their targets."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.distances import mean_square, squares
from protonet.layers.normalization import quotient, whole_number
from protonet.layers.record import TWO, Blob, LayerType, Setting
from protonet.layers.regression import Pair, check_numbers, compared, infer_number
from protonet.records import Flag, Record


class MeanSquaredErrorParams(Record):
    """Whether the root is taken."""

    root: Flag = False
    """Whether to give the square root of the mean, which is in the unit of the targets."""


class MeanSquaredError(nn.Module):
    """Averages the squared distance of each prediction from its target."""

    def forward(self, predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the mean square, ()."""
        return mean_square(*compared(predictions, targets))

    def measure(self, predictions: torch.Tensor, targets: torch.Tensor) -> Pair:
        """Return the sum of the squares, (), and how many they are, () int64."""
        total = squares(*compared(predictions, targets))
        return total, whole_number(predictions.numel(), predictions)


class RootMeanSquaredError(nn.Module):
    """The root of the mean square, taken of the sums over all batches."""

    def forward(self, predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the root, ()."""
        return self.conclude(self.measure(predictions, targets))

    def measure(self, predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the sum of the squares and how many they are, (2)."""
        total = squares(*compared(predictions, targets))
        return torch.stack([total, total.new_full((), predictions.numel())])

    def conclude(self, sums: torch.Tensor) -> torch.Tensor:
        """Return the root of the mean square, ()."""
        return quotient(sums[0], sums[1]).sqrt()


def build(params: MeanSquaredErrorParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Measure the mean squared distance of predicted numbers from their targets; less is better.

    Bottoms: predictions, (N, …); targets, one per prediction, any number type.
    Top: Σ (prediction - target)² / their number, or its square root, ().
    Raises: ShapeError if there is not one target per prediction.
    Source: torchmetrics, MeanSquaredError.
    """
    check_numbers(bottoms)
    return RootMeanSquaredError() if params.root else MeanSquaredError()


MEAN_SQUARED_ERROR = LayerType(
    name="MeanSquaredError",
    params=MeanSquaredErrorParams,
    build=build,
    bottoms=TWO,
    kind="metric",
    larger_is_better=False,
    targets=(1,),
    infer=infer_number,
)
