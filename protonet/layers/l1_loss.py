"""L1Loss: the mean distance along the axes, for regression."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.checks import check_targets
from protonet.layers.distances import goals, lengths
from protonet.layers.normalization import whole_number
from protonet.layers.record import TWO, Blob, LayerType, NoParams, Setting, single_number


class L1Loss(nn.Module):
    """The absolute differences of two blobs, summed and divided by the number of samples."""

    def forward(self, values: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        return _distances(values, targets) / values.shape[0]

    def measure(
        self, values: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the sum of distances, (), and the number of samples, () int64."""
        return _distances(values, targets), whole_number(values.shape[0], values)


def _distances(values: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return lengths(values, goals(targets, values))


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Measure how far values lie from their targets; both receive a gradient.

    Bottoms: values, (N, …); targets, one number per value.
    Top: the loss, (): Σ |value - target| / N.
    Raises: ShapeError if there is not one target per value.
    Source: forks of Caffe, l1_loss_layer.cpp. Where the two are equal the gradient is 0.
    """
    check_targets(*bottoms)
    return L1Loss()


L1_LOSS = LayerType(
    name="L1Loss",
    params=NoParams,
    build=build,
    bottoms=TWO,
    kind="loss",
    targets=(1,),
    deploy=lambda params: None,
    infer=single_number,
)
