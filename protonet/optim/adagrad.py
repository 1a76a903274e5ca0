"""Caffe's AdaGrad: each weight's rate falls with the sum of its squared gradients."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from protonet.optim import lists
from protonet.optim.keys import DecayParams, Delta, NoMomentum
from protonet.optim.lists import Step
from protonet.optim.record import OptimizerType, Slot
from protonet.optim.rule import ListRule
from protonet.optim.squares import Squares, squares


class AdaGradParams(DecayParams):
    """A rate for each weight, from the sum of its squared gradients."""

    momentum: NoMomentum = 0.0
    """Always 0: the rule has none."""
    delta: Delta = 1e-8
    """Added to the root of the sum, to keep the divisor from 0."""


def build_adagrad(params: AdaGradParams, slots: Sequence[Slot]) -> ListRule:
    """Return the rule h += g²; w -= r * g / (√h + delta), with the weight decay in g.

    Source: Caffe, adagrad_solver.cpp.
    """
    own = Squares(1.0, 1.0, params.delta)
    return ListRule(slots, params, squares(own, partial(step_fused, params.delta)))


def step_fused(delta: float, step: Step, flag: Tensor) -> None:
    """Update the group from its gradients by torch's kernel, which is the same rule."""
    if step.l1:
        lists.add_penalty_(step)
    group = step.group
    torch._fused_adagrad_(
        group.parameters,
        step.gradients,
        group.buffers[0],
        [group.scalar] * len(group.parameters),  # read for lr_decay alone
        lr=step.rate,
        lr_decay=0.0,
        weight_decay=0.0 if step.l1 else step.decay,
        eps=delta,
        maximize=False,
        grad_scale=None,
        found_inf=flag,
    )


ADAGRAD = OptimizerType("AdaGrad", AdaGradParams, build_adagrad)
