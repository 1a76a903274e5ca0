"""What memory a training takes, and how much there is: what is said when it does not suffice."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from protonet.errors import PathErrors
from protonet.look.forms import Proved, prove_net
from protonet.look.memory import train_memory
from protonet.look.numbers import readable_bytes
from protonet.look.summary import sizes_of
from protonet.look.trace import Trace, trace_net
from protonet.run.free import free_bytes
from protonet.run.job import Job
from protonet.spec.net import BATCH

_LARGEST = 3
"""Tensors that are named."""
_SHARE = 0.9
"""Of the memory that is free, what a training may be expected to get."""


def told(job: Job) -> str:
    """Return the largest tensors of a training, and the largest batch that would fit.

    Args:
        job: the training; none of its tensors is needed.
    """
    batch = job.train_set.spec.batch_size
    try:
        largest = _measured(job, batch)
        half = _measured(job, max(1, batch // 2))
    except (PathErrors, RuntimeError, KeyError):  # sizes that this net cannot have
        return "make the net or batch_size smaller"
    room = free_bytes(job.net.device)
    needed = _needed(job, largest)
    names = ", ".join(_largest_tensors(*largest))
    text = f"about {readable_bytes(needed)} are needed"
    if room is not None:
        text += f", and {readable_bytes(room)} are at hand"
    if names:
        text += f"; the largest tensors: {names}"
    return f"{text}; {_advice(batch, (needed, _needed(job, half)), room)}"


def largest_batch(batch: int, needed: tuple[int, int], room: int) -> int:
    """Return the largest batch that fits, by an estimate; 0 if not one sample does.

    Args:
        batch: the size that was tried.
        needed: bytes at that size, and at half of it.
        room: bytes at hand.
    """
    half = max(1, batch // 2)
    each = (needed[0] - needed[1]) / (batch - half) if batch > half else needed[0]
    fixed = needed[0] - each * batch
    return max(0, int((room * _SHARE - fixed) / each)) if each > 0 else 0


def _advice(batch: int, needed: tuple[int, int], room: int | None) -> str:
    same = "with a larger iter_size, which gives the same updates"
    if room is None:
        return f"make the net smaller, or batch_size {same}"
    fits = largest_batch(batch, needed, room)
    if fits >= batch:  # what a kernel takes while it runs is in no estimate
        fits = batch // 2
    if fits < 1:
        return "not one sample fits: make the net smaller"
    parts = next((n for n in range(-(-batch // fits), batch + 1) if batch % n == 0), batch)
    return (
        f"the largest batch that would fit is about {fits}: batch_size: {batch // parts} with an "
        f"iter_size {parts} times as large gives the same updates"
    )


def _measured(job: Job, batch: int) -> tuple[Proved, Trace]:
    proved = prove_net(job.net.spec, "train", {**sizes_of(job.spec, {}), BATCH: batch})
    return proved, trace_net(proved)


def _needed(job: Job, measured: tuple[Proved, Trace]) -> int:
    return sum(part.bytes for part in train_memory(*measured, job.solver))


def _largest_tensors(proved: Proved, trace: Trace) -> Iterator[str]:
    """Yield the largest values and parameters, with their shapes and bytes."""
    found: dict[int, tuple[str, torch.Tensor]] = {}
    givers = {top: node.layer.name for node in proved.wiring.nodes for top in node.tops}
    for value, tensor in trace.tensors.items():
        given = value in givers
        name = f"the output of layer {givers[value]}" if given else f"the input {value.blob}"
        found.setdefault(tensor.untyped_storage()._cdata, (name, tensor))
    for leaf in proved.leaves():
        for name, tensor in leaf.module.named_parameters(recurse=False):
            named = (f"{leaf.node.layer.name}/{name}", tensor)
            found.setdefault(tensor.untyped_storage()._cdata, named)
    ordered = sorted(found.values(), key=lambda one: -one[1].nbytes)
    for name, tensor in ordered[:_LARGEST]:
        shape = ", ".join(map(str, tensor.shape))
        yield f"{name} ({shape}) {readable_bytes(tensor.nbytes)}"
