"""How large weights and gradients are, and how far an update moves the weights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import sqrt

import torch
from torch import Tensor

from protonet.hooks.hook import Hook, Step
from protonet.hooks.ticker import Interval, is_due
from protonet.hooks.turns import Turns

_GRADIENT, _WEIGHT, _UPDATE = "gradient_norm", "weight_norm", "update_ratio"


class Norms(Hook):
    """Measures the L2 norms of gradients and weights, and of the change of the weights over that of
    the weights before it, in every iteration that is due; nothing is done in the others.

    Gradients are those of the mean over `iter_size` batches, before they are clipped. The numbers
    are read from the device at the end of the iteration, all at once.

    Args:
        interval: iterations between two measurements; 0 for never.
        weights: what is trained, by `layer/parameter`.
        turns: whose gradients come, and how norms are taken.
        iter_size: batches whose gradients are summed.
        by_layer: measure each layer, too.
        record: takes the iteration and the numbers: `train/gradient_norm`, `gradient_norm/LAYER`.
    """

    def __init__(
        self,
        interval: Interval,
        weights: Mapping[str, Tensor],
        turns: Turns,
        *,
        iter_size: int,
        by_layer: bool,
        record: Callable[[int, dict[str, float]], None],
    ) -> None:
        self._interval, self._turns, self._record = interval, turns, record
        self._names, self._weights = list(weights), [*weights.values()]
        self._iter_size, self._by_layer = iter_size, by_layer
        self._before: list[Tensor] = []
        self._gradients: dict[str, Tensor] = {}

    def before_step(self, iteration: int) -> None:
        """Copy the weights if this iteration is measured."""
        if is_due(iteration, self._interval):
            self._turns.begin(iteration)
            self._before = [weight.detach().clone() for weight in self._weights]

    def on_gradients(self, iteration: int, gradients: Sequence[Tensor]) -> None:
        """Take their norms."""
        if self._before:
            norms = self._turns.norms(list(gradients))
            self._gradients.update(zip(self._turns.names(), norms, strict=True))

    def after_step(self, step: Step) -> bool:
        """Take the norms of the weights and of their change, and give all."""
        if self._before:
            with torch.no_grad():
                found = self._measured()
            self._before, self._gradients = [], {}
            self._record(step.iteration, dict(self._named(found)))
        return False

    def _measured(self) -> dict[str, dict[str, float]]:
        """Return the norms by parameter: of gradients, of weights before, and of the change."""
        changes = torch._foreach_sub([weight.detach() for weight in self._weights], self._before)
        norms = [
            *self._gradients.values(),
            *self._turns.norms(self._before),
            *self._turns.norms(list(changes)),
        ]
        device = self._before[0].device
        numbers = iter(torch.stack([norm.float().to(device) for norm in norms]).tolist())
        scale = 1 / self._iter_size
        return {
            _GRADIENT: {name: next(numbers) * scale for name in self._gradients},
            _WEIGHT: {name: next(numbers) for name in self._names},
            _UPDATE: {name: next(numbers) for name in self._names},
        }

    def _named(self, found: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str, float]]:
        """Yield the numbers as they are shown."""
        groups = {"train/{}": _together} | ({"{}/": _by_layer} if self._by_layer else {})
        for tag, grouped in groups.items():
            norms = {what: grouped(numbers) for what, numbers in found.items()}
            weights = norms[_WEIGHT]
            norms[_UPDATE] = {
                key: change / weights[key] if weights[key] else 0.0
                for key, change in norms[_UPDATE].items()
            }
            for what, numbers in norms.items():
                yield from ((tag.format(what) + key, number) for key, number in numbers.items())


def _together(norms: Mapping[str, float]) -> dict[str, float]:
    """Return the norm of all parameters as one; none of no parameters."""
    return {"": sqrt(sum(norm**2 for norm in norms.values()))} if norms else {}


def _by_layer(norms: Mapping[str, float]) -> dict[str, float]:
    """Return the norm of each layer's parameters."""
    squares: dict[str, float] = defaultdict(float)
    for name, norm in norms.items():
        squares[name.rpartition("/")[0]] += norm**2
    return {layer: sqrt(square) for layer, square in squares.items()}
