"""An exponential moving average of the weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor


class Average:
    """The average of a net's parameters and statistics, kept beside them.

    Early on the decay is smaller, (1 + t) / (10 + t) after t iterations, so that the first weights
    are soon forgotten.

    Args:
        tensors: by name; their average begins with the values they have.
        decay: share of the average that is kept at each iteration, below 1.

    Attributes:
        tensors: the average of each, by name.

    Source: Polyak and Juditsky, 1992; the smaller decay as in TensorFlow's
    ExponentialMovingAverage.
    """

    def __init__(self, tensors: Mapping[str, Tensor], decay: float) -> None:
        self._own = {name: tensor.detach() for name, tensor in tensors.items()}
        self._decay = decay
        self.tensors = {name: tensor.clone() for name, tensor in self._own.items()}
        floats = [name for name, tensor in self._own.items() if tensor.is_floating_point()]
        self._floats = [self.tensors[name] for name in floats]
        self._own_floats = [self._own[name] for name in floats]
        others = self._own.keys() - floats
        self._others = [(self.tensors[name], self._own[name]) for name in others]

    @torch.no_grad()
    def update(self, iterations: int) -> None:
        """Take the values after so many iterations in."""
        decay = min(self._decay, (1 + iterations) / (10 + iterations))
        if self._floats:
            torch._foreach_lerp_(self._floats, self._own_floats, 1.0 - decay)
        for average, own in self._others:  # a count has no average
            average.copy_(own)

    @torch.no_grad()
    def restart(self) -> None:
        """Begin again with the values that the tensors have now."""
        for name, average in self.tensors.items():
            average.copy_(self._own[name])

    @contextmanager
    def swapped(self) -> Iterator[None]:
        """Give the net the average within the block."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, own in self._own.items():
            kept = own.clone()
            own.copy_(self.tensors[name])
            self.tensors[name].copy_(kept)
