"""The arithmetic of one momentum step over whole parameter lists, without ever asking the device.

There are two ways to the same numbers: `check_fused` and `step_fused` take two fused kernels per
list; `check_portable` and `step_portable` take elementary operations, for devices that lack those
kernels. The check runs over all groups before the first step, and a step does nothing where the
flag is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

FUSED_DEVICES = frozenset({"cpu", "cuda"})
"""Device types on which torch 2.11 to 2.13 has both fused kernels."""


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that share their multipliers, element type and device.

    Attributes:
        places: where each stands among the parameters that learn.
        parameters: the tensors that are updated in place.
        history: one tensor of the same shape and memory format each; empty without momentum.
        lr_mult, decay_mult: factors on the learning rate and the weight decay.
        rate: 0-d float32 tensor on the device, the rate of the step under way.
    """

    places: tuple[int, ...]
    parameters: list[Tensor]
    history: list[Tensor]
    lr_mult: float
    decay_mult: float
    rate: Tensor


@dataclass(frozen=True, slots=True)
class Step:
    """One update of one group: history = momentum * history + rate * (gradient + penalty).

    Attributes:
        group: what is updated.
        gradients: one per parameter, overwritten.
        rate: learning rate times `lr_mult`.
        momentum: share of the history that is kept.
        decay: weight decay times `decay_mult`.
        l1: True if the penalty is decay * sign(w), False if decay * w.
    """

    group: Group
    gradients: list[Tensor]
    rate: float
    momentum: float
    decay: float
    l1: bool


def check_fused(step: Step, flag: Tensor) -> None:
    """Set `flag` if a gradient is not finite, and multiply the gradients by the rate on the way."""
    rate = step.group.rate.fill_(step.rate)
    torch._amp_foreach_non_finite_check_and_unscale_(step.gradients, flag, rate)


def step_fused(step: Step, flag: Tensor) -> None:
    """Update the group from gradients that `check_fused` has multiplied by the rate.

    With lr 1 torch's kernel computes buffer = momentum * buffer + gradient, w -= buffer. So the
    rate goes into the history, as in Caffe.
    """
    group, penalty = step.group, step.rate * step.decay
    if step.l1 and penalty:
        torch._foreach_add_(step.gradients, torch._foreach_sign(group.parameters), alpha=penalty)
    torch._fused_sgd_(
        group.parameters,
        step.gradients,
        group.history,
        weight_decay=0.0 if step.l1 else penalty,
        momentum=step.momentum,
        lr=1.0,
        dampening=0.0,
        nesterov=False,
        maximize=False,
        is_first_step=False,
        grad_scale=None,
        found_inf=flag,
    )


def check_portable(step: Step, flag: Tensor) -> None:
    """Set `flag` if a gradient is not finite."""
    largest = torch.stack(torch._foreach_norm(step.gradients, torch.inf))
    flag.masked_fill_(~torch.isfinite(largest).all(), 1.0)


def step_portable(step: Step, flag: Tensor) -> None:
    """Update the group from its gradients as they are."""
    group = step.group
    if step.decay:
        penalty = torch._foreach_sign(group.parameters) if step.l1 else group.parameters
        torch._foreach_add_(step.gradients, penalty, alpha=step.decay)
    change = torch._foreach_mul(step.gradients, step.rate)
    if group.history:
        torch._foreach_add_(change, group.history, alpha=step.momentum)
    applied = flag == 0
    for history, new in zip(group.history, change, strict=False):  # no history without momentum
        history.copy_(torch.where(applied, new, history))
    for parameter, new in zip(group.parameters, change, strict=True):
        parameter.sub_(torch.where(applied, new, 0.0))
