"""A net whose parameters are shared out among the processes: each keeps a part of every one, and of
what is remembered of it, and has the whole of a layer only while that computes.

It is torch's `fully_shard`. Parameters are cut along their first axis, in equal parts but the last
ones, which may be smaller or empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from protonet.distributed.group import Group
from protonet.optim import Slot

LARGE = 1 << 18
"""Elements from which on a layer is gathered by itself when it computes; smaller ones are gathered
together, for what passing a message costs hardly depends on its length."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One parameter.

    Attributes:
        whole: the parameter as nets of other phases have it: all of it within `assembled`, else
            nothing but its shape.
        shared: what the net that trains computes with; its gradient is that of this process's part.
        own: this process's part, over the memory of `shared`.
    """

    whole: Tensor
    shared: Tensor
    own: Tensor


class Sharding:
    """The parameters that the processes share out.

    All processes call the methods together, but for `cut` and those of a single tensor.

    Args:
        group: the processes.
        shards: by `layer/parameter`.

    Attributes:
        shards: by `layer/parameter`.
    """

    def __init__(self, group: Group, shards: Mapping[str, Shard]) -> None:
        self._group, self.shards = group, dict(shards)
        self._named: dict[str, str | None] = {}
        self._depth = 0
        self._forget()

    def own(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return tensors by `layer/parameter`, of those that are shared out this process's part."""
        return {
            name: self.shards[name].own if name in self.shards else tensor
            for name, tensor in tensors.items()
        }

    def computed_with(self, slots: Iterable[Slot]) -> list[Slot]:
        """Return slots whose tensors are those that gradients arrive at."""
        return [replace(slot, tensor=self.shards[slot.name].shared) for slot in slots]

    def held(self, tensor: Tensor) -> Tensor:
        """Return what this process holds of a parameter, or of its gradient."""
        part: Any = getattr(tensor, "to_local", None)
        own: Tensor = tensor.detach() if part is None else tensor.detach().to_local()  # type: ignore[attr-defined]  # a DTensor
        return own

    @contextmanager
    def assembled(self, *, changes: bool = False) -> Iterator[None]:
        """Have all of every parameter within the block.

        Args:
            changes: whether the parameters may be changed there, in the same way in each process.
        """
        if not self._depth:
            for shard in self.shards.values():
                shard.whole.data = self._gathered(shard, shard.own)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if changes:
                self._take()
            if not self._depth:
                self._forget()

    def whole(self, tensors: Mapping[str, Tensor], *, everywhere: bool) -> dict[str, Tensor]:
        """Return the whole of what is kept of parameters, on the CPU.

        Args:
            tensors: by names in which that of a parameter stands, as `history/conv1/weight` or
                `state/conv1/weight/exp_avg`; of what is not cut as the parameter is, all is here.
            everywhere: whether each process gets them; else the first does, and the others nothing.
        """
        keeps = everywhere or self._group.is_first
        found: dict[str, Tensor] = {}
        for name, tensor in tensors.items():
            shard = self._shard(name)
            is_cut = shard is not None and tensor.shape == shard.own.shape
            given = self._gathered(shard, tensor) if shard and is_cut else tensor
            if keeps:
                found[name] = given.detach().cpu()
        return found

    def cut(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return this process's parts of what `whole` has given."""
        return {name: self._part(self._shard(name), tensor) for name, tensor in tensors.items()}

    def norms(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the L2 norms, 0-d, of tensors of which each process has a part."""
        if not tensors:
            return []
        squares = torch.stack(torch._foreach_norm(list(tensors))).double().square()
        self._group.add_(squares)
        return [*squares.sqrt().float().unbind()]

    def norm(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return the L2 norm, 0-d, of all of them together."""
        norm: Tensor = torch.linalg.vector_norm(torch.stack(self.norms(tensors)))
        return norm

    def agree_(self, gradients: Sequence[Tensor], flag: Tensor) -> None:
        """Set `flag` in every process where it is set in one, or a gradient of one is not finite.

        Args:
            gradients: this process's parts.
            flag: 0-d, 0 or 1.
        """
        present = [gradient for gradient in gradients if gradient.numel()]
        found = flag.clone()
        if present:
            largest = torch.stack(torch._foreach_norm(present, torch.inf))
            found.masked_fill_(~torch.isfinite(largest).all(), 1.0)
        self._group.add_(found)
        flag.masked_fill_(found > 0, 1.0)

    def _gathered(self, shard: Shard, part: Tensor) -> Tensor:
        """Return the whole of a tensor that is cut as a parameter is."""
        size = self._rows(shard)
        padded = part.new_zeros((size, *part.shape[1:]))
        padded[: len(part)] = part.detach()
        return self._group.joined_rows(padded)[: len(shard.whole)]

    def _rows(self, shard: Shard) -> int:
        """Return how many rows a process has, at most."""
        return -(-len(shard.whole) // self._group.count)

    def _part(self, shard: Shard | None, tensor: Tensor) -> Tensor:
        if shard is None or tensor.shape != shard.whole.shape:
            return tensor
        first = self._rows(shard) * self._group.rank
        return tensor[first : first + self._rows(shard)]

    def _shard(self, name: str) -> Shard | None:
        """Return the parameter whose name stands in a name; the longest one."""
        if name not in self._named:
            path = f"/{name}/"
            fitting = (known for known in self.shards if f"/{known}/" in path)
            self._named[name] = max(fitting, key=len, default=None)
        found = self._named[name]
        return None if found is None else self.shards[found]

    @torch.no_grad()
    def _take(self) -> None:
        for shard in self.shards.values():
            shard.own.copy_(self._part(shard, shard.whole))

    def _forget(self) -> None:
        """Let the memory of whole parameters go: not a number, if ever read, in the right shape."""
        for shard in self.shards.values():
            nothing = torch.full((), torch.nan, dtype=shard.whole.dtype, device=shard.whole.device)
            shard.whole.data = nothing.expand(shard.whole.shape)


def share_out(
    net: nn.Module, layers: Iterable[nn.Module], tensors: Mapping[str, Tensor], group: Group
) -> Sharding:
    """Share a net's parameters out among the processes; its gradients are sums over them.

    Args:
        net: computes all; its parameters are at least 1-d and contiguous, and other nets may have
            them too.
        layers: its layers.
        tensors: its parameters by `layer/parameter`; others may be among them.
        group: the processes; there are several.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import FSDPModule, fully_shard

    names = {id(tensor): name for name, tensor in tensors.items()}
    places = {name: names[id(one)] for name, one in net.named_parameters()}
    device = next(net.parameters()).device
    if device.type == "cuda":
        torch.cuda.set_device(device)
    mesh = init_device_mesh(device.type, (group.count,))
    for layer in _large(net, layers):
        fully_shard(layer, mesh=mesh)
    fully_shard(net, mesh=mesh)
    for module in net.modules():
        if isinstance(module, FSDPModule):
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)  # gloo cannot multiply on the way
    shared: dict[str, Any] = {places[place]: one for place, one in net.named_parameters()}
    return Sharding(
        group,
        {name: Shard(tensors[name], one, one.detach().to_local()) for name, one in shared.items()},
    )


def _large(net: nn.Module, layers: Iterable[nn.Module]) -> Iterator[nn.Module]:
    """Yield the layers that are gathered by themselves: those with many parameters of their own."""
    users: dict[int, int] = {}
    inside = {id(module) for module in net.modules()}
    own = [layer for layer in layers if id(layer) in inside]
    for layer in own:
        for parameter in layer.parameters():
            users[id(parameter)] = users.get(id(parameter), 0) + 1
    for layer in own:
        parameters = [*layer.parameters()]
        alone = all(users[id(one)] == 1 for one in parameters)
        if alone and sum(one.numel() for one in parameters) >= LARGE:
            yield layer
