"""Caffe's RMSProp: gradients divided by the root of their mean square of late."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from protonet.optim import lists
from protonet.optim.keys import DecayParams, Delta, NoMomentum, Share, as_float32
from protonet.optim.lists import Step
from protonet.optim.record import OptimizerType, Slot
from protonet.optim.rule import ListRule
from protonet.optim.squares import Squares, squares

LONG_SINCE = 1e30
"""A number of steps t for which ρᵗ is 0, whatever the share ρ below 1."""


class RMSPropParams(DecayParams):
    """A rate for each weight, from the moving average of its squared gradients."""

    momentum: NoMomentum = 0.0
    """Always 0: the rule has none."""
    rms_decay: Share = 0.99
    """Share of the average that is kept at each update."""
    delta: Delta = 1e-8
    """Added to the root of the average, to keep the divisor from 0."""


def build_rmsprop(params: RMSPropParams, slots: Sequence[Slot]) -> ListRule:
    """Return the rule h = ρ * h + (1 - ρ) * g²; w -= r * g / (√h + delta), weight decay in g.

    Source: Caffe, rmsprop_solver.cpp.
    """
    keep = as_float32(params.rms_decay)
    own = Squares(keep, 1.0 - keep, params.delta)
    return ListRule(slots, params, squares(own, partial(step_fused, own)))


def step_fused(own: Squares, step: Step, flag: Tensor) -> None:
    """Update the group from its gradients by torch's kernel for Adam.

    With beta1 0 the first moment is the gradient itself, which may stand in its own memory; after
    very many steps no moment is corrected.
    """
    if step.l1:
        lists.add_penalty_(step)
    group = step.group
    count = group.scalar.fill_(LONG_SINCE)
    torch._fused_adam_(
        group.parameters,
        step.gradients,
        step.gradients,
        group.buffers[0],
        [],
        [count] * len(group.parameters),
        lr=step.rate,
        beta1=0.0,
        beta2=own.keep,
        weight_decay=0.0 if step.l1 else step.decay,
        eps=own.delta,
        amsgrad=False,
        maximize=False,
        grad_scale=None,
        found_inf=flag,
    )


RMSPROP = OptimizerType("RMSProp", RMSPropParams, build_rmsprop)
