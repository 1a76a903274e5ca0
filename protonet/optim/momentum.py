"""The arithmetic of SGD and Nesterov: momentum with the learning rate inside the history.

torch.optim.SGD keeps the rate out of its buffer, which is another rule as soon as the rate changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from protonet.optim import lists
from protonet.optim.finite import check_finite
from protonet.optim.keys import as_float32
from protonet.optim.lists import Step
from protonet.optim.rule import Arithmetic, Way


@dataclass(frozen=True, slots=True)
class Momentum:
    """v = momentum * v + rate * (gradient + penalty); w -= v.

    Attributes:
        share: the momentum; at 0 there are no buffers.
        nesterov: whether to subtract (1 + momentum) * v_new - momentum * v_old instead, which is
            momentum * v_new + rate * (gradient + penalty).
    """

    share: float
    nesterov: bool = False


def momentum(own: Momentum) -> Arithmetic:
    """Return the rule, both ways."""
    fused = nesterov_fused if own.nesterov else plain_fused
    check = check_fused if own.nesterov else check_finite
    return Arithmetic(
        fused=Way(check, partial(fused, own)),
        portable=Way(lists.check_portable, partial(step_portable, own)),
        buffers=1 if own.share else 0,
    )


def check_fused(step: Step, flag: Tensor) -> None:
    """Set `flag` if a gradient is not finite, and multiply the gradients by the rate on the way."""
    lists.check_fused(step, flag, step.rate)


def plain_fused(own: Momentum, step: Step, flag: Tensor) -> None:
    """Update the group from its gradients, without Nesterov's look ahead.

    With dampening 1 - rate and lr 1 torch's kernel computes buffer = momentum * buffer + rate *
    gradient, w -= buffer. So the rate goes into the history, as in Caffe.
    """
    if step.l1:
        lists.add_penalty_(step)
    decay = 0.0 if step.l1 else step.decay
    dampening = 1.0 - step.rate
    if not own.share:  # the kernel has no dampening then
        _fused(own, step, flag, decay=decay, lr=step.rate)
    elif as_float32(1.0 - dampening) == as_float32(step.rate):
        _fused(own, step, flag, decay=decay, lr=1.0, dampening=dampening)
    else:  # a rate too small to be told from 1
        torch._foreach_mul_(step.gradients, step.rate)
        _fused(own, step, flag, decay=step.rate * decay, lr=1.0)


def nesterov_fused(own: Momentum, step: Step, flag: Tensor) -> None:
    """Update the group from gradients that `check_fused` has multiplied by the rate.

    With lr 1 torch's kernel computes buffer = momentum * buffer + gradient, w -= gradient +
    momentum * buffer.
    """
    penalty = step.rate * step.decay
    if step.l1 and penalty:
        signs = torch._foreach_sign(step.group.parameters)
        torch._foreach_add_(step.gradients, signs, alpha=penalty)
    _fused(own, step, flag, decay=0.0 if step.l1 else penalty, lr=1.0)


def _fused(
    own: Momentum, step: Step, flag: Tensor, *, decay: float, lr: float, dampening: float = 0.0
) -> None:
    group = step.group
    torch._fused_sgd_(
        group.parameters,
        step.gradients,
        [tensor for buffer in group.buffers for tensor in buffer],
        weight_decay=decay,
        momentum=own.share,
        lr=lr,
        dampening=dampening,
        nesterov=own.nesterov,
        maximize=False,
        is_first_step=False,
        grad_scale=None,
        found_inf=flag,
    )


def step_portable(own: Momentum, step: Step, flag: Tensor) -> None:
    """Update the group from its gradients as they are."""
    lists.add_penalty_(step)
    change = torch._foreach_mul(step.gradients, step.rate)
    for history in step.group.buffers:  # none without momentum
        new = torch._foreach_add(change, history, alpha=own.share)
        if own.nesterov:
            torch._foreach_add_(change, new, alpha=own.share)
        else:
            change = new
        lists.replace_(history, new, flag)
    lists.subtract_portable(step.group.parameters, change, flag)
