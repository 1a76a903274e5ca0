"""EuclideanLoss: half the mean squared distance, for regression."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.checks import check_targets
from protonet.layers.distances import goals, squares
from protonet.layers.normalization import whole_number
from protonet.layers.record import TWO, Blob, LayerType, NoParams, Setting, single_number


class EuclideanLoss(nn.Module):
    """Half the squared distance of two blobs, divided by the number of samples."""

    def forward(self, values: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        return _squares(values, targets) / (2 * values.shape[0])

    def measure(
        self, values: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return half the sum of squares, (), and the number of samples, () int64."""
        return _squares(values, targets) / 2, whole_number(values.shape[0], values)


def _squares(values: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return squares(values, goals(targets, values))


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Measure how far values lie from their targets; both receive a gradient.

    Bottoms: values, (N, …); targets, one number per value.
    Top: the loss, (): Σ (value - target)² / 2N.
    Raises: ShapeError if there is not one target per value.
    Source: Caffe, euclidean_loss_layer.cpp.
    """
    check_targets(*bottoms)
    return EuclideanLoss()


EUCLIDEAN_LOSS = LayerType(
    name="EuclideanLoss",
    params=NoParams,
    build=build,
    bottoms=TWO,
    kind="loss",
    targets=(1,),
    deploy=lambda params: None,
    infer=single_number,
)
