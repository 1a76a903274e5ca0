"""What a loss is divided by: Caffe's four rules, and the keys that choose one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch

from protonet.records import Flag, Integer, Record

Normalization = Literal["FULL", "VALID", "BATCH_SIZE", "NONE"]

Divisor = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""(values (M, …), targets (M, …)) → what the summed loss is divided by: (), int64, may be 0."""


class LossParams(Record):
    """Which targets count, and what their summed loss is divided by."""

    ignore_label: Integer | None = None
    """Target that counts nothing, neither loss nor gradient. Left out: every target counts."""
    normalization: Normalization | None = None
    """What the summed loss is divided by: all targets (FULL), those not ignored (VALID), the
    samples (BATCH_SIZE) or 1 (NONE); by at least 1. Left out: `normalize` decides, and without it
    the type's own rule: VALID for SoftmaxWithLoss, BATCH_SIZE for SigmoidCrossEntropyLoss."""
    normalize: Flag | None = None
    """Caffe's older word, heard only without `normalization`: true is VALID, false BATCH_SIZE."""

    def rule(self, default: Normalization) -> Normalization:
        """Return the rule these keys choose, `default` where they are silent."""
        if self.normalization is not None or self.normalize is None:
            return self.normalization or default
        return "VALID" if self.normalize else "BATCH_SIZE"


def divisor(rule: Normalization, ignored: int | None) -> Divisor:
    """Return the count that a rule stands for. It waits for no device.

    Source: Caffe, softmax_loss_layer.cpp, SoftmaxWithLossLayer::get_normalizer.
    """
    if rule == "VALID" and ignored is not None:
        return partial(_not_ignored, ignored=ignored)
    return ByShape({"VALID": _all, "FULL": _all, "BATCH_SIZE": _samples, "NONE": _one}[rule])


@dataclass(frozen=True, slots=True)
class ByShape:
    """A divisor that shapes tell, so that a loss by itself need not make a tensor of it.

    Attributes:
        number: counts (values (M, …), targets (M, …)).
    """

    number: Callable[[torch.Tensor, torch.Tensor], int]

    def __call__(self, values: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return the number, () int64, on the device of the values."""
        return whole_number(self.number(values, targets), values)


def divided(
    total: torch.Tensor, divisor: Divisor, values: torch.Tensor, targets: torch.Tensor
) -> torch.Tensor:
    """Return `quotient(total, divisor(values, targets))`, with fewer kernels where shapes suffice.

    Args:
        total: the summed loss, ().
        divisor: counts what it is divided by.
        values: (M, …), as `divisor` takes them.
        targets: (M, …).
    """
    if isinstance(divisor, ByShape):
        return total / max(divisor.number(values, targets), 1)
    return quotient(total, divisor(values, targets))


def quotient(numerator: torch.Tensor, denominator: torch.Tensor) -> torch.Tensor:
    """Return numerator / max(denominator, 1): Caffe's value where nothing counted is 0."""
    return numerator / denominator.clamp(min=1)


def weighed_quotient(numerator: torch.Tensor, denominator: torch.Tensor) -> torch.Tensor:
    """Return numerator / denominator, and the numerator where the denominator is 0.

    For counts it is `quotient`; but a sum of weights may be less than 1 and is divided by all the
    same.
    """
    return numerator / torch.where(denominator == 0, 1, denominator)


def wide(sums: torch.Tensor) -> torch.Tensor:
    """Return numbers in a type that they can be added up in over a set of any size."""
    return sums.to(torch.float32 if sums.device.type == "mps" else torch.float64)


def whole_number(number: int, like: torch.Tensor) -> torch.Tensor:
    """Return a () int64 tensor on the device of `like`, made there: nothing is copied to it."""
    return like.new_full((), number, dtype=torch.int64)


def _not_ignored(values: torch.Tensor, targets: torch.Tensor, ignored: int) -> torch.Tensor:
    return (targets.long() != ignored).sum()


def _all(values: torch.Tensor, targets: torch.Tensor) -> int:
    return targets.numel()


def _samples(values: torch.Tensor, targets: torch.Tensor) -> int:
    return values.shape[0]


def _one(values: torch.Tensor, targets: torch.Tensor) -> int:
    return 1
