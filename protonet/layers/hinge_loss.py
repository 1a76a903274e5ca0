"""HingeLoss: one against all, as of a support vector machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn

from protonet.layers.labels import NO_LABEL, outside, sample_arrangement
from protonet.layers.normalization import whole_number
from protonet.layers.record import TWO, Blob, LayerType, Setting, single_number
from protonet.records import Record


class HingeLossParams(Record):
    """What a score on the wrong side costs."""

    norm: Literal["L1", "L2"] = "L1"
    """Whether the excess over the margin costs itself (L1) or its square (L2)."""


class HingeLoss(nn.Module):
    """What scores exceed their margins by, summed and divided by the number of samples.

    Args:
        is_squared: whether it is the squares that are summed.
    """

    def __init__(self, is_squared: bool) -> None:
        super().__init__()
        self.is_squared = is_squared

    def forward(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        return self._sum(scores, labels) / scores.shape[0]

    def measure(
        self, scores: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the sum, (), and the number of samples, () int64."""
        return self._sum(scores, labels), whole_number(scores.shape[0], scores)

    def _sum(self, scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        values = scores.reshape(scores.shape[0], -1)  # (N, classes)
        indices = labels.long().reshape(-1, 1)
        try:
            signs = torch.ones_like(values).scatter_(1, indices, -1.0)
        except RuntimeError:
            raise outside(labels, values.shape[1], NO_LABEL) from None
        excess = torch.addcmul(torch.ones_like(values), values, signs).relu()
        return excess.square().sum() if self.is_squared else excess.sum()


def build(params: HingeLossParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Ask for a score of at least 1 at each label, and of at most -1 at every other class.

    Bottoms: scores, (N, classes), further axes flattened; labels, one class index per sample.
    Top: the loss, (): Σ max(0, 1 - s·x) / N with s = 1 at the label and -1 elsewhere.
    Raises: ShapeError if there is not one label per sample.
    Source: Caffe, hinge_loss_layer.cpp.
    """
    sample_arrangement(*bottoms)
    return HingeLoss(params.norm == "L2")


HINGE_LOSS = LayerType(
    name="HingeLoss",
    params=HingeLossParams,
    build=build,
    bottoms=TWO,
    kind="loss",
    targets=(1,),
    index_targets=True,
    deploy=lambda params: None,
    infer=single_number,
)
