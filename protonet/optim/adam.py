"""Caffe's Adam: as torch's, but for delta, which the correction of the second moment spares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from protonet.optim import lists
from protonet.optim.finite import check_finite
from protonet.optim.keys import DecayParams, Delta, Share, as_float32
from protonet.optim.lists import Step
from protonet.optim.record import OptimizerType, Slot
from protonet.optim.rule import Arithmetic, ListRule, Way


class AdamParams(DecayParams):
    """Adam: moving averages of the gradients and of their squares."""

    momentum: Share = 0.0
    """Share of the gradients' average that is kept at each update; 0.9 is usual."""
    momentum2: Share = 0.999
    """Share of the squares' average that is kept at each update."""
    delta: Delta = 1e-8
    """Added to the root of the squares' average, to keep the divisor from 0."""


def build_adam(params: AdamParams, slots: Sequence[Slot]) -> ListRule:
    """Return the rule w -= r * √(1 - β₂ᵗ) / (1 - β₁ᵗ) * m₁ / (√m₂ + delta), weight decay in g.

    m₁ and m₂ are the moving averages of g and g², which keep the shares β₁ = momentum and
    β₂ = momentum2; t is the number of the update, from 1.
    Source: Caffe, adam_solver.cpp.
    """
    arithmetic = Arithmetic(
        fused=Way(check_finite, partial(step_fused, params)),
        portable=Way(lists.check_portable, partial(step_portable, params)),
        buffers=2,
        counts=True,
    )
    return ListRule(slots, params, arithmetic)


def step_fused(params: AdamParams, step: Step, flag: Tensor) -> None:
    """Update the group from its gradients.

    torch's kernel divides √m₂ by √(1 - β₂ᵗ) before it adds eps: so eps is delta over the same.
    """
    if step.l1:
        lists.add_penalty_(step)
    group = step.group
    moments, squares = group.buffers
    second = as_float32(params.momentum2)
    count = group.scalar.fill_(step.count)  # the kernel only reads it: one serves all
    torch._fused_adam_(
        group.parameters,
        step.gradients,
        moments,
        squares,
        [],
        [count] * len(group.parameters),
        lr=step.rate,
        beta1=as_float32(params.momentum),
        beta2=second,
        weight_decay=0.0 if step.l1 else step.decay,
        eps=params.delta / math.sqrt(1.0 - second**step.count),
        amsgrad=False,
        maximize=False,
        grad_scale=None,
        found_inf=flag,
    )


def step_portable(params: AdamParams, step: Step, flag: Tensor) -> None:
    """Update the group from its gradients."""
    lists.add_penalty_(step)
    moments, squares = step.group.buffers
    first, second = as_float32(params.momentum), as_float32(params.momentum2)
    change = lists.average_of(moments, step.gradients, first, 1.0 - first)
    lists.replace_(moments, change, flag)
    new = list(torch._foreach_mul(step.gradients, step.gradients))
    average = lists.average_of(squares, new, second, 1.0 - second)
    lists.replace_(squares, average, flag)
    divisor = torch._foreach_sqrt(average)
    torch._foreach_add_(divisor, params.delta)
    torch._foreach_div_(change, divisor)
    correction = math.sqrt(1.0 - second**step.count) / (1.0 - first**step.count)
    torch._foreach_mul_(change, step.rate * correction)
    lists.subtract_portable(step.group.parameters, change, flag)


ADAM = OptimizerType("Adam", AdamParams, build_adam)
