"""The parameters and statistics of a net: made once, filled once, shared by its train, test and
deploy form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import nn

from protonet.errors import PathError, ShapeError
from protonet.fillers import constant, fill_
from protonet.layers.record import LayerType
from protonet.optim import Slot
from protonet.randomness import key
from protonet.spec.layer import ParamSpec
from protonet.spec.wiring import Node

Params = dict[str, dict[str, torch.Tensor]]


@dataclass(slots=True)
class ParameterStore:
    """Tensors by layer and name. Nets of other phases take theirs from here, so that all share
    them.

    Args:
        seed: first values follow from it and from the parameter's name, not from the order of
            layers.
        device: where the tensors lie.
        memory_format: of the 4-d parameters.
    """

    seed: int
    device: torch.device
    memory_format: torch.memory_format
    params: Params = field(default_factory=dict)
    learnable: dict[str, Slot] = field(default_factory=dict)
    _shared: dict[str, str] = field(default_factory=dict)

    def adopt(self, node: Node, module: nn.Module, kind: LayerType) -> list[PathError]:
        """Give a module built on the meta device its real tensors; return what does not fit."""
        errors = list(_unknown_params(node, module, kind))
        for name in present(kind, module):
            try:
                tensor = self._tensor(node, name, module, kind)
            except ShapeError as error:
                errors.append(
                    PathError("PN028", ("net", "layers", node.index), error.why, hint=error.hint)
                )
            else:
                _replace(module, name, tensor)
        return errors

    def _tensor(self, node: Node, name: str, module: nn.Module, kind: LayerType) -> torch.Tensor:
        meta = getattr(module, name)
        spec = node.layer.param_spec(name)
        own = f"{node.layer.name}/{name}"
        first = self._shared.setdefault(spec.name, own) if spec.name else own
        layer, parameter = first.rsplit("/", 1)
        known = self.params.get(layer, {}).get(parameter)
        if known is None:
            known = self._make(first, meta, node, name, kind)
            self._learn(first, known, node, spec)
        elif known.shape != meta.shape:
            raise ShapeError(
                f"{own} {tuple(meta.shape)} is shared with {first} {tuple(known.shape)}"
            )
        self.params.setdefault(node.layer.name, {})[name] = known
        return known

    def _make(
        self, first: str, meta: torch.Tensor, node: Node, name: str, kind: LayerType
    ) -> torch.Tensor:
        tensor = torch.empty(meta.shape, dtype=meta.dtype)
        generator = torch.Generator().manual_seed(key(self.seed, first) >> 1)
        fill_(tensor, kind.fillers(node.layer.params).get(name, constant(0)), generator)
        tensor = tensor.to(self.device)
        if tensor.dim() == 4:
            tensor = tensor.contiguous(memory_format=self.memory_format)
        return (
            nn.Parameter(tensor, requires_grad=False) if isinstance(meta, nn.Parameter) else tensor
        )

    def _learn(self, first: str, tensor: torch.Tensor, node: Node, spec: ParamSpec) -> None:
        if isinstance(tensor, nn.Parameter) and not node.layer.frozen and spec.lr_mult > 0:
            tensor.requires_grad_()
            self.learnable[first] = Slot(first, tensor, spec.lr_mult, spec.decay_mult)

    def named(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Yield every tensor once, by its `layer/parameter` name."""
        seen: set[int] = set()
        for layer, tensors in self.params.items():
            for name, tensor in tensors.items():
                if id(tensor) not in seen:
                    seen.add(id(tensor))
                    yield f"{layer}/{name}", tensor


def present(kind: LayerType, module: nn.Module) -> tuple[str, ...]:
    """Return the names of the parameters and statistics that this module has, in Caffe's blob
    order."""
    return tuple(name for name in kind.parameters if getattr(module, name, None) is not None)


def _unknown_params(node: Node, module: nn.Module, kind: LayerType) -> Iterator[PathError]:
    names = present(kind, module)
    for name in node.layer.param:
        if name not in names:
            why = f"this {kind.name} has no parameter {name}"
            hint = f"it has {', '.join(names)}" if names else "it has none"
            yield PathError("PN027", ("net", "layers", node.index, "param", name), why, hint=hint)


def _replace(module: nn.Module, name: str, tensor: torch.Tensor) -> None:
    if isinstance(getattr(module, name), nn.Parameter):
        module._parameters[name] = tensor  # type: ignore[assignment]  # a Parameter, by _make
    else:
        module._buffers[name] = tensor
