"""How much memory a net takes to be trained and to be tested: what is counted, each in one line.

An estimate: buffers that a kernel takes while it runs, and what torch itself needs, are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from protonet.look.forms import Proved
from protonet.look.trace import Trace, largest_live
from protonet.net.modules import present
from protonet.optim import OPTIMIZERS, Slot
from protonet.spec.solver import SolverSpec

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
    for position, node in enumerate(proved.wiring.nodes):
        module = proved.module(position)
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
    return (
        Part("weights", _sum(tensors), "parameters and statistics, each once"),
        Part("gradients", _sum(trained), "one number for each parameter that learns"),
        Part("optimizer", history, f"what {rule} remembers of each parameter that learns"),
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
    """Return the bytes of the optimizer's state, from the optimizer itself, and its name."""
    multiplier = proved.sharing.multiplier
    slots = [Slot(one.owner, one.meta, multiplier(one.owner, "lr_mult")) for one in trained]
    if solver is None:
        kind, name = ASSUMED, "SGD with momentum, as there is no solver,"
        params: object = kind.params.model_validate({"momentum": 0.9})
    else:
        name = solver.optimizer.type
        kind, params = OPTIMIZERS[name], solver.optimizer.params
    state: Mapping[str, torch.Tensor] = kind.build(params, slots).state()
    return sum(tensor.nbytes for tensor in state.values()), name
