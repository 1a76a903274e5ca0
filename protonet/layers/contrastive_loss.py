"""ContrastiveLoss: similar pairs are drawn together, others pushed apart up to a margin."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating
from protonet.layers.normalization import whole_number
from protonet.layers.record import Arity, Blob, LayerType, Setting, single_number
from protonet.layers.wide import wide
from protonet.records import Flag, Number, Record

_BESIDE_ZERO = 1e-4
"""Caffe adds it to the distance that it divides a gradient by."""


class ContrastiveLossParams(Record):
    """How far apart is far enough."""

    margin: Number = 1.0
    """Distance from which on a dissimilar pair costs nothing, in the unit of the features."""
    legacy_version: Flag = False
    """Whether a dissimilar pair costs max(margin - d², 0), as Caffe had it in its first months,
    instead of max(margin - d, 0)²; d the distance."""


class ContrastiveLoss(nn.Module):
    """Half of what pairs cost, divided by their number.

    Args:
        margin: see the key.
        is_legacy: whether the square of the distance is held against the margin.
    """

    def __init__(self, margin: float, is_legacy: bool) -> None:
        super().__init__()
        self.margin, self.is_legacy = margin, is_legacy

    def forward(
        self, first: torch.Tensor, second: torch.Tensor, similar: torch.Tensor
    ) -> torch.Tensor:
        """Return the loss, ()."""
        return self._cost(first, second, similar) / (2 * first.shape[0])

    def measure(
        self, first: torch.Tensor, second: torch.Tensor, similar: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return half of what all pairs cost, (), and their number, () int64."""
        return self._cost(first, second, similar) / 2, whole_number(first.shape[0], first)

    def _cost(
        self, first: torch.Tensor, second: torch.Tensor, similar: torch.Tensor
    ) -> torch.Tensor:
        squares = wide(first - second).square().reshape(first.shape[0], -1).sum(1)  # (N)
        if self.is_legacy:
            apart = (self.margin - squares).relu()
        else:
            apart = (self.margin - _root(squares)).relu().square()
        return torch.where(similar.reshape(-1).long() != 0, squares, apart).sum()


def _root(squares: torch.Tensor) -> torch.Tensor:
    """Return the distances, with Caffe's gradient: finite at 0, and a little too small elsewhere.

    The slope of a root is 1 / 2d; it is 1 / 2(d + 1e-4) here.
    """
    roots = squares.detach().sqrt()
    return roots + (squares - squares.detach()) / (2 * (roots + _BESIDE_ZERO))


def build(params: ContrastiveLossParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Compare the distance of two feature vectors with whether they belong together.

    Bottoms: features and features, (N, …) of one shape, both of which receive a gradient; one
        number per pair, (N), 0 where the two are dissimilar.
    Top: the loss, (): Σ y d² + (1 - y) max(margin - d, 0)², divided by 2N.
    Raises: ShapeError if the features differ in shape or type, or there is not one number per pair.
    Source: Caffe, contrastive_loss_layer.cpp.
    """
    first, second, similar = bottoms
    check_floating([first, second])
    if first.shape != second.shape or not first.rank:
        raise ShapeError(
            f"bottom 1 has the shape {second}, bottom 0 has {first}",
            "give two bottoms of one shape, (N, …)",
        )
    if math.prod(similar.shape) != first.shape[0]:
        raise ShapeError(
            f"bottom 2 of shape {similar} has not one number for each of {first.shape[0]} pairs",
            f"give one of shape ({first.shape[0]})",
        )
    return ContrastiveLoss(params.margin, params.legacy_version)


CONTRASTIVE_LOSS = LayerType(
    name="ContrastiveLoss",
    params=ContrastiveLossParams,
    build=build,
    bottoms=Arity(3, 3),
    kind="loss",
    targets=(2,),
    deploy=lambda params: None,
    infer=single_number,
)
