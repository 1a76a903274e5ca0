"""What every update rule does with whole parameter lists, without ever asking the device.

A flag of 1 holds a change back. There are two ways to do so: `…_fused` by kernels that take the
flag themselves, `…_portable` by elementary operations, for devices that lack those kernels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from protonet.optim.record import Slot

FUSED_DEVICES = frozenset({"cpu", "cuda"})
"""Device types on which torch 2.11 to 2.13 has all the fused kernels that are used here."""


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that share their multipliers, element type and device.

    Attributes:
        places: where each stands among the parameters that learn.
        parameters: the tensors that are updated in place.
        buffers: what the rule remembers: lists of one tensor per parameter, of its shape and
            memory format.
        lr_mult, decay_mult: factors on the learning rate and the weight decay.
        scalar: 0-d float32 tensor on the device, for a number that a kernel wants as a tensor.
    """

    places: tuple[int, ...]
    parameters: list[Tensor]
    buffers: tuple[list[Tensor], ...]
    lr_mult: float
    decay_mult: float
    scalar: Tensor


@dataclass(frozen=True, slots=True)
class Step:
    """One update of one group.

    Attributes:
        group: what is updated.
        gradients: one per parameter, overwritten.
        rate: learning rate times `lr_mult`.
        decay: weight decay times `decay_mult`.
        l1: True if the penalty is decay * sign(w), False if decay * w.
        count: which update of the training it is, from 1.
    """

    group: Group
    gradients: list[Tensor]
    rate: float
    decay: float = 0.0
    l1: bool = False
    count: int = 1

    def of(self, gradients: list[Tensor]) -> Step:
        """Return the step with other gradients."""
        return replace(self, gradients=gradients)


def grouped(slots: Sequence[Slot], buffers: Sequence[Sequence[Tensor]]) -> Iterator[Group]:
    """Yield the parameters, those in one group that one call can update.

    Args:
        slots: the parameters that learn.
        buffers: lists of one tensor per slot.
    """
    members: dict[tuple[object, ...], list[int]] = {}
    for place, slot in enumerate(slots):
        kind = (slot.lr_mult, slot.decay_mult, slot.tensor.dtype, slot.tensor.device)
        members.setdefault(kind, []).append(place)
    for places in members.values():
        first = slots[places[0]]
        yield Group(
            places=tuple(places),
            parameters=[slots[place].tensor.detach() for place in places],
            buffers=tuple([buffer[place] for place in places] for buffer in buffers),
            lr_mult=first.lr_mult,
            decay_mult=first.decay_mult,
            scalar=torch.zeros((), dtype=torch.float32, device=first.tensor.device),
        )


def add_penalty_(step: Step) -> None:
    """Add the weight decay to the gradients."""
    if step.decay:
        parameters = step.group.parameters
        penalty = torch._foreach_sign(parameters) if step.l1 else parameters
        torch._foreach_add_(step.gradients, penalty, alpha=step.decay)


def check_fused(step: Step, flag: Tensor, factor: float = 1.0) -> None:
    """Set `flag` if a gradient is not finite; multiply the gradients by `factor` on the way."""
    if step.gradients:
        scale = step.group.scalar.fill_(factor)
        torch._amp_foreach_non_finite_check_and_unscale_(step.gradients, flag, scale)


def check_portable(step: Step, flag: Tensor) -> None:
    """Set `flag` if a gradient is not finite."""
    largest = torch.stack(torch._foreach_norm(step.gradients, torch.inf))
    flag.masked_fill_(~torch.isfinite(largest).all(), 1.0)


def average_fused(
    average: list[Tensor], values: list[Tensor], keep: float, gain: float, flag: Tensor
) -> None:
    """Set average = keep * average + gain * value, unless `flag` is 1.

    It is the momentum buffer of torch's kernel. What the kernel takes for the parameters are the
    values themselves, at rate 0: they are lost. `keep` is above 0, for without momentum the kernel
    refuses a buffer.
    """
    torch._fused_sgd_(
        values,
        values,
        average,
        weight_decay=0.0,
        momentum=keep,
        lr=0.0,
        dampening=1.0 - gain,
        nesterov=False,
        maximize=False,
        is_first_step=False,
        grad_scale=None,
        found_inf=flag,
    )


def average_of(
    average: list[Tensor], values: list[Tensor], keep: float, gain: float
) -> tuple[Tensor, ...]:
    """Return keep * average + gain * value, for `replace_` to put in place."""
    result = torch._foreach_mul(average, keep)
    torch._foreach_add_(result, values, alpha=gain)
    return tuple(result)


def subtract_fused(
    parameters: list[Tensor], change: tuple[Tensor, ...], rate: float, flag: Tensor
) -> None:
    """Subtract rate * change from the parameters, unless `flag` is 1."""
    torch._fused_sgd_(
        parameters,
        change,
        [],
        weight_decay=0.0,
        momentum=0.0,
        lr=rate,
        dampening=0.0,
        nesterov=False,
        maximize=False,
        is_first_step=False,
        grad_scale=None,
        found_inf=flag,
    )


def subtract_portable(parameters: Sequence[Tensor], change: Sequence[Tensor], flag: Tensor) -> None:
    """Subtract the change from the parameters, unless `flag` is 1."""
    applied = flag == 0
    for parameter, new in zip(parameters, change, strict=True):
        parameter.sub_(torch.where(applied, new, 0.0))


def replace_(buffers: Sequence[Tensor], values: Sequence[Tensor], flag: Tensor) -> None:
    """Copy the values into the buffers, unless `flag` is 1."""
    applied = flag == 0
    for buffer, new in zip(buffers, values, strict=True):
        buffer.copy_(torch.where(applied, new, buffer))
