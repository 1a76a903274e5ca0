"""How much memory a net takes to be trained and to be tested: what is counted, each in one line.

An estimate: buffers that a kernel takes while it runs, and what torch itself needs, are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from protonet.look.forms import Proved
from protonet.look.trace import Trace, largest_live
from protonet.net.modules import present
from protonet.optim import OPTIMIZERS, Slot
from protonet.optim.torch_size import remembered_bytes
from protonet.spec.optimizer import OptimizerSpec
from protonet.spec.solver import SolverSpec
from protonet.spec.torch_class import OPTIM

ASSUMED = OPTIMIZERS["SGD"]
"""The update rule where the spec has no solver, with a momentum."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that takes memory: its name, its bytes, and what was counted."""

    name: str
    bytes: int
    why: str


@dataclass(frozen=True, slots=True)
class Tensor:
    """A parameter or statistic of a net, once for all that share it."""

    owner: str
    meta: torch.Tensor
    learnable: bool
    trained: bool

    @property
    def bytes(self) -> int:
        """Memory it takes."""
        return self.meta.numel() * self.meta.element_size()


def tensors_of(proved: Proved) -> dict[str, Tensor]:
    """Return the parameters and statistics by the `layer/parameter` they are stored under."""
    found: dict[str, Tensor] = {}
    for leaf in proved.leaves():
        node, module = leaf.node, leaf.module
        for name in present(proved.layers[node.layer.type], module):
            owner = proved.sharing.owner(node.layer.name, name)
            meta = getattr(module, name)
            learnable = isinstance(meta, nn.Parameter)
            trained = learnable and proved.sharing.learns(owner)
            found.setdefault(owner, Tensor(owner, meta, learnable, trained))
    return found


def train_memory(proved: Proved, trace: Trace, solver: SolverSpec | None) -> tuple[Part, ...]:
    """Return what training takes, at the sizes that the net was proved with."""
    tensors = tensors_of(proved).values()
    trained = [tensor for tensor in tensors if tensor.trained]
    history, rule = _history(proved, trained, solver)
    average = [Part("average", _sum(tensors), "the average of the weights, ema")]
    return (
        Part("weights", _sum(tensors), "parameters and statistics, each once"),
        Part("gradients", _sum(trained), "one number for each parameter that learns"),
        Part("optimizer", history, f"what {rule} remembers of each parameter that learns"),
        *(average if solver and solver.ema else ()),
        Part(
            "activations",
            sum(trace.kept.values()),
            "what the backward pass needs of the forward pass",
        ),
        Part("data", _data(proved), "one batch of the inputs"),
    )


def eval_memory(proved: Proved, trace: Trace) -> tuple[Part, ...]:
    """Return what a forward pass takes, at the sizes that the net was proved with."""
    live = largest_live(proved, trace)
    return (
        Part("weights", _sum(tensors_of(proved).values()), "parameters and statistics, each once"),
        Part("activations", live, "the most that is in use at once, freed after its last reader"),
        Part("data", _data(proved), "one batch of the inputs"),
    )


def _sum(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.bytes for tensor in tensors)


def _data(proved: Proved) -> int:
    blobs = [proved.blob(proved.wiring.inputs[name][0]) for name in proved.wiring.read_inputs()]
    return sum(torch.empty(blob.shape, dtype=blob.dtype, device="meta").nbytes for blob in blobs)


def _history(proved: Proved, trained: list[Tensor], solver: SolverSpec | None) -> tuple[int, str]:
    """Return the bytes that the optimizers remember, as they themselves say, and their names."""
    multiplier = proved.sharing.multiplier
    slots = [Slot(one.owner, one.meta, multiplier(one.owner, "lr_mult")) for one in trained]
    if solver is None:
        state = ASSUMED.build(ASSUMED.params.model_validate({"momentum": 0.9}), slots).state()
        return _bytes(state), "SGD with momentum, as there is no solver,"
    if not solver.updates:
        return _remembered(solver.optimizer, slots), solver.optimizer.type
    size = sum(
        _remembered(update.optimizer, [slot for slot in slots if update.changes(slot.name)])
        for update in solver.updates
    )
    return size, " and ".join(dict.fromkeys(update.optimizer.type for update in solver.updates))


def _remembered(rule: OptimizerSpec, slots: Sequence[Slot]) -> int:
    if rule.type.startswith(OPTIM.prefix):
        return remembered_bytes(OPTIM.kind(rule.type), rule.params, slots)
    return _bytes(OPTIMIZERS[rule.type].build(rule.params, slots).state())


def _bytes(state: Mapping[str, torch.Tensor]) -> int:
    return sum(tensor.nbytes for tensor in state.values())
