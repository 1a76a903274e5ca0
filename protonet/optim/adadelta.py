"""Caffe's AdaDelta: gradients scaled by the ratio of late updates to late gradients."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from protonet.optim import lists
from protonet.optim.finite import check_finite
from protonet.optim.keys import DecayParams, Delta, Share, as_float32
from protonet.optim.lists import Step
from protonet.optim.pieces import in_pieces
from protonet.optim.record import OptimizerType, Slot
from protonet.optim.rule import Arithmetic, ListRule, Way


class AdaDeltaParams(DecayParams):
    """Updates in the weights' own units, from two moving averages."""

    momentum: Share = 0.0
    """Share of both averages that is kept at each update; 0.95 is usual."""
    delta: Delta = 1e-8
    """Added to both averages before they are divided."""


def build_adadelta(params: AdaDeltaParams, slots: Sequence[Slot]) -> ListRule:
    """Return the rule d = g * √((s + delta) / (h + delta)); w -= r * d, with the weight decay in g.

    h is the moving average of g², this one included, s that of d², the last one's; the share that
    both keep is called momentum.
    Source: Caffe, adadelta_solver.cpp.
    """
    portable = Way(lists.check_portable, in_pieces(partial(step_portable, params)))
    fused = Way(check_finite, in_pieces(partial(step_fused, params)))
    if not params.momentum:  # torch's kernel takes no buffer then
        fused = portable
    return ListRule(slots, params, Arithmetic(fused, portable, buffers=2))


def step_fused(params: AdaDeltaParams, step: Step, flag: Tensor) -> None:
    """Update the group from its gradients."""
    lists.add_penalty_(step)
    keep = as_float32(params.momentum)
    squares, updates = step.group.buffers
    new = list(torch._foreach_mul(step.gradients, step.gradients))
    lists.average_fused(squares, new, keep, 1.0 - keep, flag)
    change = _change(params, step.gradients, squares, updates)
    new = list(torch._foreach_mul(change, change))
    lists.average_fused(updates, new, keep, 1.0 - keep, flag)
    lists.subtract_fused(step.group.parameters, change, step.rate, flag)


def step_portable(params: AdaDeltaParams, step: Step, flag: Tensor) -> None:
    """Update the group from its gradients."""
    lists.add_penalty_(step)
    keep = as_float32(params.momentum)
    squares, updates = step.group.buffers
    new = list(torch._foreach_mul(step.gradients, step.gradients))
    average = lists.average_of(squares, new, keep, 1.0 - keep)
    change = _change(params, step.gradients, average, updates)
    lists.replace_(squares, average, flag)
    new = list(torch._foreach_mul(change, change))
    lists.replace_(updates, lists.average_of(updates, new, keep, 1.0 - keep), flag)
    torch._foreach_mul_(change, step.rate)
    lists.subtract_portable(step.group.parameters, change, flag)


def _change(
    params: AdaDeltaParams,
    gradients: list[Tensor],
    squares: Sequence[Tensor],
    updates: Sequence[Tensor],
) -> tuple[Tensor, ...]:
    change = torch._foreach_add(tuple(updates), params.delta)
    torch._foreach_div_(change, torch._foreach_add(tuple(squares), params.delta))
    torch._foreach_sqrt_(change)
    torch._foreach_mul_(change, gradients)
    return tuple(change)


ADADELTA = OptimizerType("AdaDelta", AdaDeltaParams, build_adadelta)
