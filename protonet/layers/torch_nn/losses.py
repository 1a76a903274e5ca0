"""Losses of torch.nn: targets of the right type, and exact sums over a whole test set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch

Pair = tuple[torch.Tensor, torch.Tensor]

INDICES = frozenset(
    {
        *("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss", "MultiLabelMarginLoss", "CTCLoss"),
        *("AdaptiveLogSoftmaxWithLoss", "LinearCrossEntropyLoss"),
    }
)
"""Losses whose targets are whole numbers."""


def _labelled(loss: Any, values: torch.Tensor, target: torch.Tensor, *_: torch.Tensor) -> Any:
    """Return what torch's mean divides by where labels may be ignored or weighed."""
    if target.is_floating_point():
        return _number(values.numel() // values.shape[1], values)  # probabilities
    ignored = getattr(loss, "ignore_index", None)
    counted = target.new_ones(target.shape, dtype=torch.bool)
    if ignored is not None:
        counted = target != ignored
    weight = getattr(loss, "weight", None)
    if weight is None or weight.dim() != 1:
        return counted.sum()
    return weight[target.clamp(min=0, max=len(weight) - 1)].where(counted, 0).sum()


def _sequences(loss: Any, values: torch.Tensor, *_: torch.Tensor) -> Any:
    return _number(values.shape[1], values)


def _samples(loss: Any, values: torch.Tensor, *_: torch.Tensor) -> Any:
    return _number(values.shape[0], values)


def _vectors(loss: Any, values: torch.Tensor, *_: torch.Tensor) -> Any:
    return _number(values.numel() // values.shape[-1], values)


_DIVISORS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "CrossEntropyLoss": _labelled,
        "NLLLoss": _labelled,
        "LinearCrossEntropyLoss": _labelled,
        "CTCLoss": _sequences,
        "MultiMarginLoss": _samples,
        "MultiLabelMarginLoss": _samples,
        "MultiLabelSoftMarginLoss": _samples,
        "CosineEmbeddingLoss": _samples,
        "TripletMarginLoss": _vectors,
    }
)
"""What a mean divides by, where that is not the number of elements of the first bottom."""


class Loss:
    """Stands before a loss of torch: brings its targets into the right type, and measures it."""

    reduction: str
    targets: tuple[int, ...]
    takes_indices: bool

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor:
        """Return the loss, ()."""
        loss: torch.Tensor = super().forward(*self._cast(bottoms))  # type: ignore[misc]  # torch's
        return loss

    def measure(self, *bottoms: torch.Tensor) -> Pair:
        """Return the loss times what it is divided by, (), and the latter, ()."""
        loss = self.forward(*bottoms)
        if self.reduction == "sum":
            return loss, loss.new_ones(())
        values = self._cast(bottoms)
        if self.reduction == "batchmean":
            divisor = _samples(self, *values)
        else:
            divisor = _DIVISORS.get(type(self).__name__, _elements)(self, *values)
        # A mean over nothing is nan, and counts nothing.
        return torch.where(divisor == 0, 0, loss * divisor), divisor

    def _cast(self, bottoms: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return tuple(
            self._as_target(bottom, bottoms[0]) if place in self.targets else bottom
            for place, bottom in enumerate(bottoms)
        )

    def _as_target(self, target: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        if not self.takes_indices:
            return target.to(values.dtype)
        is_probabilities = target.is_floating_point() and target.shape == values.shape
        return target if is_probabilities else target.long()


def _elements(loss: Any, values: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
    shapes = [values.shape, *(other.shape for other in others)]
    return _number(torch.broadcast_shapes(*shapes).numel(), values)


def _number(number: int, like: torch.Tensor) -> torch.Tensor:
    """Return a number, (), of the type and on the device of `like`, made there."""
    return like.new_full((), number)
