"""MultinomialLogisticLoss: what probabilities that a layer gave are worth."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from protonet.layers.labels import NO_LABEL, outside, sample_arrangement
from protonet.layers.normalization import whole_number
from protonet.layers.record import TWO, Blob, LayerType, NoParams, Setting, single_number

FLOOR = 1e-20
"""Caffe's least probability."""


class MultinomialLogisticLoss(nn.Module):
    """Minus the logarithm of the probability at each label, divided by the number of samples."""

    def forward(self, probabilities: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        return _sum(probabilities, labels) / probabilities.shape[0]

    def measure(
        self, probabilities: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the sum, (), and the number of samples, () int64."""
        return _sum(probabilities, labels), whole_number(probabilities.shape[0], probabilities)


def _sum(probabilities: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    values = probabilities.reshape(probabilities.shape[0], -1)  # (N, classes)
    try:
        chosen = values.gather(1, labels.long().reshape(-1, 1))
    except RuntimeError:
        raise outside(labels, values.shape[1], NO_LABEL) from None
    if chosen.dtype not in (torch.float32, torch.float64):
        chosen = chosen.float()  # the floor is 0 in half precision
    # Caffe divides by the floored probability, and passes the gradient on all the same: so the
    # floor goes in behind autograd's back. No gradient before has read the numbers.
    chosen.detach().clamp_(min=FLOOR)
    return -chosen.log().sum().to(probabilities.dtype)


def build(params: NoParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Take the probability of each sample's class.

    Bottoms: probabilities, (N, classes), further axes flattened; labels, one class index per
        sample.
    Top: the loss, (): Σ -log max(p, 1e-20) / N.
    Raises: ShapeError if there is not one label per sample.
    Source: Caffe, multinomial_logistic_loss_layer.cpp.
    """
    sample_arrangement(*bottoms)
    return MultinomialLogisticLoss()


MULTINOMIAL_LOGISTIC_LOSS = LayerType(
    name="MultinomialLogisticLoss",
    params=NoParams,
    build=build,
    bottoms=TWO,
    kind="loss",
    targets=(1,),
    index_targets=True,
    deploy=lambda params: None,
    infer=single_number,
)
