"""The arithmetic of AdaGrad and RMSProp: gradients over the root of their gathered squares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from protonet.optim import lists
from protonet.optim.finite import check_finite
from protonet.optim.lists import Step
from protonet.optim.rule import Arithmetic, Half, Way


@dataclass(frozen=True, slots=True)
class Squares:
    """h = keep * h + gain * g²; w -= rate * g / (√h + delta), with the penalty in g.

    Attributes:
        keep: share of h that is kept.
        gain: share of the new square that comes in.
        delta: what keeps the divisor from 0.
    """

    keep: float
    gain: float
    delta: float


def squares(own: Squares, fused: Half) -> Arithmetic:
    """Return the rule: the portable way is one for all, the fused step is that of one kernel."""
    return Arithmetic(
        fused=Way(check_finite, fused),
        portable=Way(lists.check_portable, partial(step_portable, own)),
        buffers=1,
    )


def step_portable(own: Squares, step: Step, flag: Tensor) -> None:
    """Update the group from its gradients."""
    lists.add_penalty_(step)
    (gathered,) = step.group.buffers
    new = list(torch._foreach_mul(step.gradients, step.gradients))
    average = lists.average_of(gathered, new, own.keep, own.gain)
    divisor = torch._foreach_sqrt(average)
    torch._foreach_add_(divisor, own.delta)
    change = torch._foreach_div(step.gradients, divisor)
    torch._foreach_mul_(change, step.rate)
    lists.replace_(gathered, average, flag)
    lists.subtract_portable(step.group.parameters, change, flag)
