"""MeanAbsoluteError: how far predicted numbers are from their targets."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.distances import lengths, mean_length
from protonet.layers.normalization import whole_number
from protonet.layers.record import TWO, Blob, LayerType, NoParams, Setting
from protonet.layers.regression import Pair, check_numbers, compared, infer_number


class MeanAbsoluteError(nn.Module):
    """Averages the distance of each prediction from its target."""

    def forward(self, predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the mean distance, ()."""
        return mean_length(*compared(predictions, targets))

    def measure(self, predictions: torch.Tensor, targets: torch.Tensor) -> Pair:
        """Return the sum of the distances, (), and how many they are, () int64."""
        total = lengths(*compared(predictions, targets))
        return total, whole_number(predictions.numel(), predictions)


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Measure the mean distance of predicted numbers from their targets; less is better.

    Bottoms: predictions, (N, …); targets, one per prediction, any number type.
    Top: Σ |prediction - target| / their number, ().
    Raises: ShapeError if there is not one target per prediction.
    Source: torchmetrics, MeanAbsoluteError.
    """
    check_numbers(bottoms)
    return MeanAbsoluteError()


MEAN_ABSOLUTE_ERROR = LayerType(
    name="MeanAbsoluteError",
    params=NoParams,
    build=build,
    bottoms=TWO,
    kind="metric",
    larger_is_better=False,
    targets=(1,),
    infer=infer_number,
)
