"""From an `lr_policy` to the rate of every iteration."""

from __future__ import annotations

import inspect
from typing import Any

from torch import optim
from torch.optim import lr_scheduler

from protonet.errors import Path, PathError, UsageError
from protonet.lr_policy import LR_POLICIES, Schedule
from protonet.lr_policy.compose import in_turn, warmed_up
from protonet.optim.torch_schedule import Plateau, TorchSchedule, kind_of
from protonet.run.deciding import Deciding
from protonet.spec.duration import MOST
from protonet.spec.policy import LrPolicySpec
from protonet.step.update import Rate

_CYCLE = "cycle_momentum"
_TRIED = 1000
"""Iterations whose rates are looked at before the training; it takes 10 ms."""


def rate_of(
    policy: LrPolicySpec, base_lr: float, max_iter: int, steers: optim.Optimizer | None, path: Path
) -> Rate:
    """Return the rate of every iteration.

    Args:
        policy: with every length in iterations.
        base_lr: what it starts from.
        max_iter: iterations of the training.
        steers: the optimizer of torch whose momentum may be cycled, if it is one.
        path: of the policy.

    Raises: PathError for what does not fit the optimizer, or torch refuses.
    """
    if policy.is_of_torch:
        rate = _of_torch(policy, base_lr, steers, path)
        _check_lasts(policy, base_lr, max_iter, path)
        return warmed(policy, rate)
    return warmed(policy, _schedule(policy, base_lr, max_iter))


def warmed(policy: LrPolicySpec, rate: Rate) -> Rate:
    """Return the rate with the policy's warm-up."""
    assert isinstance(policy.warmup, int)  # `timed` has seen to it
    return warmed_up(rate, policy.warmup, policy.warmup_factor) if policy.warmup else rate


def is_plateau(policy: LrPolicySpec) -> bool:
    """Return whether the rate follows what the tests give."""
    kind = kind_of(policy.type) if policy.is_of_torch else object
    return issubclass(kind, lr_scheduler.ReduceLROnPlateau)


def plateau_of(
    policy: LrPolicySpec, base_lr: float, decides: Deciding | None, path: Path
) -> Plateau:
    """Return the rate that falls when the tests no longer get better.

    Args:
        policy: a plateau; its `mode` is what the value that decides needs, unless it is given.
        base_lr: what it starts from.
        decides: what it looks at.
        path: of the policy.

    Raises: PathError if nothing is tested.
    """
    if decides is None:
        why = "nothing is tested that could stop getting better"
        raise PathError("PN029", path, why, hint="an evaluation set with a loss or a metric")
    mode = "max" if decides.larger_is_better else "min"
    return Plateau({"mode": mode, **policy.params}, base_lr)


def _schedule(policy: LrPolicySpec, base_lr: float, max_iter: int) -> Schedule:
    if not policy.parts:
        return LR_POLICIES[policy.type].build(policy.params, base_lr, max_iter)
    lengths = [int(str(part.max_iter)) for part in policy.parts[:-1]]
    rest = max(max_iter - sum(lengths), 1)
    schedules = [
        warmed(part, _schedule(part, base_lr, length))
        for part, length in zip(policy.parts, [*lengths, rest], strict=True)
    ]
    return in_turn(schedules, lengths)


def _of_torch(
    policy: LrPolicySpec, base_lr: float, steers: optim.Optimizer | None, path: Path
) -> TorchSchedule:
    kind, arguments = kind_of(policy.type), dict(policy.params)
    _check_cycle(kind, arguments, steers, path)
    try:
        return TorchSchedule(kind, arguments, base_lr, steers)
    except (TypeError, ValueError, ArithmeticError) as error:
        text = str(error).splitlines()[0]
        raise PathError("PN013", path, f"torch refuses this: {text}") from error


def _check_lasts(policy: LrPolicySpec, base_lr: float, max_iter: int, path: Path) -> None:
    """Refuse what gives no rate, or an impossible one, for the iterations that are to come.

    A OneCycleLR tells how many it has rates for; others are tried for the first ones.

    Raises: PathError.
    """
    kind = kind_of(policy.type)
    schedule = TorchSchedule(kind, policy.params, base_lr)
    if schedule.length is not None and schedule.length < max_iter:
        why = f"it has rates for {schedule.length:,} iterations"
        hint = f"max_iter is {max_iter:,}" if max_iter < MOST else "max_iter is a time"
        raise PathError("PN015", path, why, hint=hint)
    try:
        for iteration in range(min(max_iter, _TRIED)):
            schedule(iteration)
    except UsageError as error:
        raise PathError("PN013", path, str(error)) from error


def _check_cycle(
    kind: type, arguments: dict[str, Any], steers: optim.Optimizer | None, path: Path
) -> None:
    known = inspect.signature(kind).parameters
    if _CYCLE not in known or not arguments.get(_CYCLE, known[_CYCLE].default):
        return
    if steers is None or not {"momentum", "betas"} & steers.defaults.keys():
        why = "it cycles the momentum, and the update rule has none that could be changed"
        hint = "cycle_momentum: false, or optimizer: {type: optim.SGD, momentum: 0.9}"
        raise PathError("PN015", path, why, hint=hint)
