"""The parameters and statistics of a net: made once, filled once, shared by its train, test and
deploy form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch
from torch import nn

from protonet.errors import PathError, ShapeError
from protonet.fillers import constant, fill_
from protonet.layers.record import LayerType
from protonet.net.modules import present
from protonet.optim import Slot
from protonet.randomness import key
from protonet.spec.sharing import Sharing
from protonet.spec.wiring import Node

Params = dict[str, dict[str, torch.Tensor]]


@dataclass(slots=True)
class ParameterStore:
    """Tensors by layer and name. Nets of other phases take theirs from here, so that all share
    them.

    Args:
        sharing: which parameters are one, and how each learns.
        seed: first values follow from it and from the parameter's name, not from the order of
            layers.
        device: where the tensors lie; on meta none is allocated.
        memory_format: of the 4-d parameters.

    Attributes:
        tensors: every tensor once, by the `layer/parameter` it is stored under.
        params: the same by the layers that use them, `params[layer][name]`.
    """

    sharing: Sharing
    seed: int
    device: torch.device
    memory_format: torch.memory_format
    tensors: dict[str, torch.Tensor] = field(default_factory=dict)
    params: Params = field(default_factory=dict)

    def adopt(self, node: Node, module: nn.Module, kind: LayerType) -> list[PathError]:
        """Give a module built on the meta device its real tensors; return what cannot be filled."""
        errors = []
        new = [
            name
            for name in present(kind, module)
            if self.sharing.owner(node.layer.name, name) not in self.tensors
        ]
        for name in present(kind, module):
            try:
                tensor = self._tensor(node, name, module, kind)
            except ShapeError as error:
                path = ("net", "layers", node.index)
                errors.append(PathError("PN026", path, f"{name}: {error.why}", hint=error.hint))
                continue
            self.params.setdefault(node.layer.name, {})[name] = tensor
            is_held = self.sharing.is_held(node.layer, name)
            _replace(module, name, _without_gradient(tensor) if is_held else tensor)
        if kind.start is not None and new and self.device.type != "meta":
            self._start(
                node.layer.name, new, kind.start(module, key(self.seed, node.layer.name) >> 1)
            )
        return errors

    def _start(self, layer: str, names: list[str], values: Mapping[str, torch.Tensor]) -> None:
        for name in names:
            with torch.no_grad():
                self.params[layer][name].copy_(values[name])

    def _tensor(self, node: Node, name: str, module: nn.Module, kind: LayerType) -> torch.Tensor:
        owner = self.sharing.owner(node.layer.name, name)
        if owner not in self.tensors:
            tensor = self._make(owner, getattr(module, name), node, name, kind)
            self.tensors[owner] = tensor
            if isinstance(tensor, nn.Parameter) and self.sharing.learns(owner):
                tensor.requires_grad_()
        own, needed = tuple(self.tensors[owner].shape), tuple(getattr(module, name).shape)
        if own != needed:  # of a net made anew for other inputs
            raise ShapeError(f"it would need the shape {needed}, and it has {own}")
        return self.tensors[owner]

    def _make(
        self, owner: str, meta: torch.Tensor, node: Node, name: str, kind: LayerType
    ) -> torch.Tensor:
        drawn_on = "meta" if self.device.type == "meta" else "cpu"
        tensor = torch.empty(meta.shape, dtype=meta.dtype, device=drawn_on)
        generator = torch.Generator().manual_seed(key(self.seed, owner) >> 1)
        fill_(tensor, kind.fillers(node.layer.params).get(name, constant(0)), generator)
        tensor = tensor.to(self.device)
        if tensor.dim() == 4:
            tensor = tensor.to(memory_format=self.memory_format)
        return _without_gradient(tensor) if isinstance(meta, nn.Parameter) else tensor

    def learnable(self, nodes: Iterable[Node]) -> list[Slot]:
        """Return what is trained by these layers, each tensor once, in the order of the layers."""
        owners = dict.fromkeys(
            self.sharing.owner(node.layer.name, name)
            for node in nodes
            for name in self.params.get(node.layer.name, ())
            if not node.layer.frozen
        )
        return [self._slot(owner) for owner in owners if self.tensors[owner].requires_grad]

    def _slot(self, owner: str) -> Slot:
        lr_mult, decay_mult = (
            self.sharing.multiplier(owner, key) for key in ("lr_mult", "decay_mult")
        )
        return Slot(owner, self.tensors[owner], lr_mult, decay_mult)


def _without_gradient(tensor: torch.Tensor) -> nn.Parameter:
    """Return a parameter over the same memory that no gradient is computed for."""
    return nn.Parameter(tensor.detach(), requires_grad=False)


def _replace(module: nn.Module, name: str, tensor: torch.Tensor) -> None:
    if isinstance(getattr(module, name), nn.Parameter):
        module._parameters[name] = tensor  # type: ignore[assignment]  # a Parameter, by _make
    else:
        module._buffers[name] = tensor
