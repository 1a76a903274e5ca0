"""Schedulers of torch.optim.lr_scheduler as rates.

They keep count themselves, on an optimizer of one parameter that stands in for the real one: so the
factors of parameters stay what they are. A resumed run steps them anew from the first iteration,
which needs no saved state of theirs; what a plateau was measured by is saved instead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import optim
from torch.optim import lr_scheduler

from protonet.errors import UsageError

PREFIX = "lr_scheduler."
_CYCLED = ("momentum", "betas")
"""What CyclicLR and OneCycleLR change beside the rate."""


class TorchSchedule:
    """The rates of a scheduler; they are asked for in the order of the iterations.

    Args:
        kind: the class.
        arguments: its own; `schedulers` are maps with a `type`.
        base_lr: the rate it starts from.
        steers: the optimizer whose momentum it cycles; None: it has none of torch's.

    Attributes:
        length: iterations that it has rates for, where it tells: OneCycleLR does.

    Raises: what torch raises.
    """

    def __init__(
        self,
        kind: type[lr_scheduler.LRScheduler],
        arguments: Mapping[str, Any],
        base_lr: float,
        steers: optim.Optimizer | None = None,
    ) -> None:
        self._steers = steers
        self._stand_in = _stand_in(base_lr, steers.defaults if steers else {})
        self._scheduler = made_scheduler(kind, arguments, self._stand_in)
        self._stand_in.step()  # torch warns of a scheduler whose optimizer has never stepped
        self._cycles = bool(getattr(self._scheduler, "cycle_momentum", False))
        self.length: int | None = getattr(self._scheduler, "total_steps", None)
        self._iteration = 0

    def __call__(self, iteration: int) -> float:
        """Return the rate of an iteration, none before the last one asked for.

        Raises: UsageError if there is none, as after the last step of a OneCycleLR.
        """
        while self._iteration < iteration:
            try:
                self._scheduler.step()
            except (ArithmeticError, ValueError, TypeError, LookupError) as error:
                by_zero = isinstance(error, ZeroDivisionError)
                why = "torch would divide by zero" if by_zero else str(error)
                told = f"there is no rate for iteration {self._iteration + 1:,}: {why}"
                raise UsageError(told) from error
            self._iteration += 1
        self._steer()
        rate = float(self._stand_in.param_groups[0]["lr"])
        if not 0 <= rate < math.inf:
            raise UsageError(f"the rate of iteration {iteration:,} would be {rate:.4g}")
        return rate

    def _steer(self) -> None:
        if self._steers is not None and self._cycles:
            own = self._stand_in.param_groups[0]
            cycled = {key: own[key] for key in _CYCLED if key in self._steers.defaults}
            for group in self._steers.param_groups:
                group.update(cycled)


class Plateau:
    """The rates of ReduceLROnPlateau, which fall when what is tested no longer improves.

    Args:
        arguments: those of torch's class.
        base_lr: the rate it starts from.

    Attributes:
        measured: the values it has seen, which are its state.
    """

    def __init__(self, arguments: Mapping[str, Any], base_lr: float) -> None:
        self._stand_in = _stand_in(base_lr, {})
        self._scheduler = lr_scheduler.ReduceLROnPlateau(self._stand_in, **arguments)
        self.measured: list[float] = []

    def __call__(self, iteration: int) -> float:
        """Return the rate as it is now, whatever the iteration."""
        return float(self._stand_in.param_groups[0]["lr"])

    def measure(self, value: float) -> None:
        """Take in what a test gave."""
        self.measured.append(value)
        self._scheduler.step(value)


def made_scheduler(
    kind: type[lr_scheduler.LRScheduler], own: Mapping[str, Any], optimizer: optim.Optimizer
) -> lr_scheduler.LRScheduler:
    """Return a scheduler of torch at work on an optimizer.

    Args:
        kind: the class.
        own: its arguments, without the optimizer; `schedulers` are maps with a `type`, or names.
        optimizer: what it schedules.

    Raises: what torch raises.
    """
    arguments = dict(own)
    if inside := nested(own):
        arguments["schedulers"] = [
            made_scheduler(kind_of(one), arguments_of(one), optimizer) for one in inside
        ]
    return kind(optimizer=optimizer, **arguments)


def nested(own: Mapping[str, Any]) -> Sequence[Any]:
    """Return the schedulers that a scheduler is made of, as the spec has them."""
    inside = own.get("schedulers", ())
    return inside if isinstance(inside, list) else ()


def kind_of(inner: Any) -> type[lr_scheduler.LRScheduler]:
    """Return the class of a nested scheduler, `{type: lr_scheduler.X, …}` or the bare name."""
    name = inner["type"] if isinstance(inner, Mapping) else inner
    kind: type[lr_scheduler.LRScheduler] = getattr(lr_scheduler, name.removeprefix(PREFIX))
    return kind


def arguments_of(inner: Any) -> dict[str, Any]:
    """Return the arguments of a nested scheduler."""
    if not isinstance(inner, Mapping):
        return {}
    return {key: item for key, item in inner.items() if key != "type"}


def attempt_scheduler(kind: type, own: Mapping[str, Any]) -> object:
    """Make a scheduler of something small.

    Raises: what torch raises.
    """
    return made_scheduler(kind, own, _stand_in(0.1, {"momentum": 0.9}))


def _stand_in(base_lr: float, defaults: Mapping[str, Any]) -> optim.Optimizer:
    parameter = torch.zeros(1, device="cpu")
    if "betas" in defaults:
        return optim.Adam([parameter], lr=base_lr, betas=defaults["betas"])
    return optim.SGD([parameter], lr=base_lr, momentum=defaults.get("momentum", 0.0))
