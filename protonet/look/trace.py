"""One pass through a proved net on the meta device: which tensors it makes, and which it keeps.

A tensor on the meta device has a shape and a storage of a length, and no memory. So what autograd
keeps for the backward pass can be asked of torch itself, for a net of any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from protonet.layers.record import Blob
from protonet.look.forms import Proved
from protonet.net.modules import present
from protonet.net.proof import Proof
from protonet.spec.nodes import Body, Node, Value

Storages = dict[int, int]
"""Bytes by storage; tensors that share memory share a storage."""


@dataclass(slots=True)
class Trace:
    """What a pass makes.

    Attributes:
        tensors: every value.
        kept: the storages that the backward pass needs, without inputs and parameters.
        alive: what was kept, so that no address of a storage is given away again.
    """

    tensors: dict[Value, torch.Tensor] = field(default_factory=dict)
    kept: Storages = field(default_factory=dict)
    alive: list[torch.Tensor] = field(default_factory=list)

    def new_bytes(self, node: Node) -> int:
        """Return the bytes that a layer's tops take beyond what it reads: none for a view."""
        old = storages(self.tensors[bottom] for bottom in node.bottoms)
        new = storages(self.tensors[top] for top in node.tops)
        return sum(size for key, size in new.items() if key not in old)


def storages(tensors: Iterable[torch.Tensor]) -> Storages:
    """Return the memory under some tensors, each storage once."""
    return {_key(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}


def trace_net(proved: Proved) -> Trace:
    """Run a net once without memory; in phase train as it is run to be differentiated."""
    trace = Trace()
    with torch.device("meta"), torch.set_grad_enabled(proved.phase == "train"):
        for value, _ in proved.wiring.inputs.values():
            trace.tensors[value] = _empty(proved.blob(value))
        outside = set(storages(trace.tensors.values()))
        for leaf in proved.leaves():
            outside |= set(storages([*leaf.module.parameters(), *leaf.module.buffers()]))
            _learn(proved, leaf.node, leaf.module)
        for position, node in enumerate(proved.wiring.nodes):
            _run(proved.proof, node, proved.module(position), trace)
    trace.kept = {key: size for key, size in trace.kept.items() if key not in outside}
    return trace


def trace_step(body: Body, proof: Proof) -> Trace:
    """Run one step of a recurrent layer without memory, as it is run to be tested.

    Args:
        body: the step.
        proof: its proof.
    """
    trace = Trace()
    with torch.device("meta"), torch.no_grad():
        for value in body.inputs.values():
            trace.tensors[value] = _empty(proof.shapes[value].small)
        for position, node in enumerate(body.nodes):
            _run(proof, node, proof.modules[position], trace)
    return trace


def _run(proof: Proof, node: Node, module: nn.Module, trace: Trace) -> None:
    def keep(tensor: torch.Tensor) -> torch.Tensor:
        trace.kept[_key(tensor)] = tensor.untyped_storage().nbytes()
        trace.alive.append(tensor)
        return tensor

    bottoms = [_bottom(node, place, trace) for place in range(len(node.bottoms))]
    try:
        with saved_tensors_hooks(keep, lambda tensor: tensor):
            given = module(*bottoms)
    except (RuntimeError, IndexError, ArithmeticError):  # it cannot run without values
        given = [_empty(proof.shapes[top].small) for top in node.tops]
        for top in given:
            keep(top)
    tops = (given,) if isinstance(given, torch.Tensor) else tuple(given)
    trace.tensors.update(zip(node.tops, tops, strict=True))


def _bottom(node: Node, place: int, trace: Trace) -> torch.Tensor:
    tensor, flags = trace.tensors[node.bottoms[place]], node.layer.propagate_down
    stopped = flags is not None and place < len(flags) and not flags[place]
    return tensor.detach() if stopped else tensor


def _learn(proved: Proved, node: Node, module: nn.Module) -> None:
    """Ask gradients for what learns, and for nothing else."""
    for name in present(proved.layers[node.layer.type], module):
        parameter = getattr(module, name)
        if isinstance(parameter, nn.Parameter):
            owner = proved.sharing.owner(node.layer.name, name)
            parameter.requires_grad_(proved.sharing.learns(owner) and not node.layer.frozen)


def _empty(blob: Blob) -> torch.Tensor:
    return torch.empty(blob.shape, dtype=blob.dtype)


def _key(tensor: torch.Tensor) -> int:
    address: int = tensor.untyped_storage()._cdata
    return address


def largest_live(proved: Proved, trace: Trace) -> int:
    """Return the most bytes that are in use at once, where each value is freed after its last
    reader and outputs stay to the end; without the inputs, which the caller holds."""
    last = _last_readers(proved)
    outside = storages(trace.tensors[value] for value, _ in proved.wiring.inputs.values())
    live: dict[Value, torch.Tensor] = {}
    most = 0
    for position, node in enumerate(proved.wiring.nodes):
        live.update((top, trace.tensors[top]) for top in node.tops)
        sizes = storages(live.values())
        most = max(most, sum(size for key, size in sizes.items() if key not in outside))
        live = {value: tensor for value, tensor in live.items() if last.get(value) != position}
    return most


def _last_readers(proved: Proved) -> Mapping[Value, int]:
    nodes = enumerate(proved.wiring.nodes)
    return {bottom: position for position, node in nodes for bottom in node.bottoms}
