"""How far an exported net is from the original."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

_INFINITE = float("inf")


@dataclass(frozen=True, slots=True)
class Difference:
    """The largest difference of an output.

    Attributes:
        output: its name.
        largest: absolute.
        share: of the largest magnitude of the original, or of 1 where that is smaller.
    """

    output: str
    largest: float
    share: float


def differences(original: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> list[Difference]:
    """Return how far each output of a net is from the original's; infinitely where one is missing,
    has another shape, or is not a number where the original is one."""
    return [_difference(name, value, other.get(name)) for name, value in original.items()]


def _difference(name: str, original: Tensor, other: Tensor | None) -> Difference:
    if other is None or other.shape != original.shape:
        return Difference(name, _INFINITE, _INFINITE)
    one, two = original.double(), other.double()
    same = (one == two) | (one.isnan() & two.isnan())
    apart = torch.where(same, 0.0, (one - two).abs()).nan_to_num(nan=_INFINITE, posinf=_INFINITE)
    largest = float(apart.max()) if apart.numel() else 0.0
    finite = torch.where(one.isfinite(), one.abs(), 0.0)
    scale = max(float(finite.max()), 1.0) if one.numel() else 1.0
    return Difference(name, largest, largest / scale)
