"""One update, made again and looked at: every layer forward, every gradient, and what it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from protonet.net import Net
from protonet.run.values import Values
from protonet.run.watch import Fault, Given, Watch, sample_of
from protonet.spec.net import BATCH
from protonet.step.objective import Batch
from protonet.step.update import Update

_MOST_SAMPLES = 256
"""Samples whose gradients are computed one by one."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was seen of an update before it was applied.

    Attributes:
        inputs: what was fed, by name.
        given: what the layers gave, in the order in which they ran.
        gradients: of the parameters, in the order in which they arrived.
        loss: what was minimised.
        norm: the L2 norm of all gradients, before they are clipped.
        fault: what was not finite first; None where all was finite.
    """

    inputs: dict[str, Values]
    given: list[Given]
    gradients: dict[str, Values]
    loss: float
    norm: float
    fault: Fault | None


def inspect(net: Net, update: Update, batches: Sequence[Batch]) -> Inspection:
    """Compute loss and gradients of an update, and look at everything on the way.

    Args:
        net: in phase train; its layers run as they are, not compiled.
        update: what is computed; nothing is applied.
        batches: as it takes them.
    """
    watch, slots = Watch(net), update.objective.slots
    with watch.attached(slots):
        loss = update.compute(watch.fed(batches)).loss
    gradients = _gradients(update)
    values = {slot.name: Values.of(one) for slot, one in zip(slots, gradients, strict=True)}
    fault = watch.fault or _told(net, update, batches, watch.gradient_fault)
    norm = _norm(gradients)
    if fault is None and not math.isfinite(norm):
        fault = Fault("every gradient is finite, but their norm is not")
    if fault is None and not math.isfinite(float(loss)):
        fault = Fault("every output is finite, but the sum of the losses is not")
    return Inspection(
        watch.inputs,
        list(watch.given.values()),
        {name: values[name] for name in watch.arrived},
        float(loss),
        norm,
        fault,
    )


def _gradients(update: Update) -> list[Tensor]:
    """Return the gradients without the factor on the loss."""
    found = update.gradients()
    if update.scale is not None:
        found = [gradient / update.scale.value for gradient in found]
    return found


def _norm(gradients: Sequence[Tensor]) -> float:
    return float(torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(gradients)))))


def _told(net: Net, update: Update, batches: Sequence[Batch], fault: Fault | None) -> Fault | None:
    """Return a gradient's fault with the samples whose own gradients are not finite."""
    if fault is None or fault.batch is None:
        return fault
    batch = batches[fault.batch]
    axes = [spec.axes() for spec in net.input_specs.values()]
    sizes = {
        tensor.shape[one.index(BATCH)]
        for tensor, one in zip(batch, axes, strict=True)
        if BATCH in one
    }
    if len(sizes) != 1 or (count := sizes.pop()) > _MOST_SAMPLES:
        return fault
    found = []
    for sample in range(count):
        cut = tuple(sample_of(*pair, sample) for pair in zip(batch, axes, strict=True))
        try:
            update.compute([cut])
        except RuntimeError:  # a net for batches of one size
            return fault
        if not math.isfinite(_norm(_gradients(update))):
            found.append(sample)
    return replace(fault, samples=tuple(found) or None)
