"""Eltwise: blobs of one shape become one, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import torch
from pydantic import model_validator
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.checks import check_floating, check_one_type
from protonet.layers.record import Arity, Blob, LayerType, Setting, same_as_first
from protonet.records import Flag, Number, Record, custom_error


class EltwiseParams(Record):
    """What is done with the elements."""

    operation: Literal["PROD", "SUM", "MAX"] = "SUM"
    """How the elements of one position become one: their product, their sum or the largest."""
    coeff: tuple[Number, ...] = ()
    """Factors of a SUM, one per bottom. Left out: 1 each."""
    stable_prod_grad: Flag = True
    """Caffe's choice how a PROD finds its gradient: by multiplying the other bottoms (true), or by
    dividing the top by the bottom (false), which fails at 0. protonet always multiplies; it costs
    no more."""

    @model_validator(mode="after")
    def _coefficients_are_of_a_sum(self) -> Self:
        if self.coeff and self.operation != "SUM":
            raise custom_error(
                "PN015", f"coeff has no effect in operation {self.operation}", "it belongs to SUM"
            )
        return self


class Product(nn.Module):
    """Multiplies the bottoms."""

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """Return the product, shaped as each bottom."""
        for other in others:
            first = first * other
        return first


class Sum(nn.Module):
    """Adds the bottoms.

    Attributes:
        over: position, 0 or 1, of the bottom that the sum of two is written over; None: it gets
            memory of its own.
    """

    over: int | None = None

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """Return the sum, shaped as each bottom."""
        if self.over is not None and first.dtype == others[0].dtype:  # autocast may leave two
            return others[0].add_(first) if self.over else first.add_(others[0])
        for other in others:
            first = first + other
        return first


class WeightedSum(nn.Module):
    """Adds the bottoms, each times its coefficient."""

    def __init__(self, coefficients: Sequence[float]) -> None:
        super().__init__()
        self.first, *self.others = coefficients

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """Return the weighted sum, shaped as each bottom."""
        total = first * self.first
        for coefficient, other in zip(self.others, others, strict=True):
            total = torch.add(total, other, alpha=coefficient)
        return total


class Maximum(nn.Module):
    """Takes the largest; the whole gradient goes to the bottom it came from.

    Between bottoms 0 and 1 a tie goes to 1, a later bottom must be strictly larger. torch.maximum
    would give each side of a tie half of the gradient.
    """

    def forward(
        self, first: torch.Tensor, second: torch.Tensor, *others: torch.Tensor
    ) -> torch.Tensor:
        """Return the maximum, shaped as each bottom."""
        largest = torch.where(first > second, first, second)
        for other in others:
            largest = torch.where(other > largest, other, largest)
        return largest


def build(params: EltwiseParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Multiply, add or compare the elements that stand at the same position of every bottom.

    Bottoms: two or more of one shape and element type, floating-point where there is a `coeff`.
    Top: that shape.
    Raises: ShapeError if shapes or types differ, or `coeff` does not give one number per bottom.
    Source: Caffe, eltwise_layer.cpp, also for the ties of MAX.
    """
    _check_shapes(bottoms)
    check_one_type(bottoms)
    if not params.coeff:
        return {"PROD": Product, "SUM": Sum, "MAX": Maximum}[params.operation]()
    if len(params.coeff) != len(bottoms):
        raise ShapeError(
            f"coeff has {len(params.coeff)} numbers for {len(bottoms)} bottoms",
            "give one coefficient per bottom, or none",
        )
    check_floating(bottoms)
    return WeightedSum(params.coeff)


def _check_shapes(bottoms: Sequence[Blob]) -> None:
    for position, blob in enumerate(bottoms):
        if blob.shape != bottoms[0].shape:
            raise ShapeError(
                f"bottom {position} has the shape {blob}, bottom 0 has {bottoms[0]}",
                "Eltwise needs bottoms of one shape; nothing is broadcast",
            )


ELTWISE = LayerType(
    name="Eltwise", params=EltwiseParams, build=build, bottoms=Arity(2, None), infer=same_as_first
)
