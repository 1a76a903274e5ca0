"""A layer as a pure function in float64: the same bottoms give the same tops, whatever it draws and
remembers."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from protonet.debug.gradcheck_slopes import Tops
from protonet.errors import DataError, PathError, ProtonetError
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.layers.torch_nn import PREFIX
from protonet.net.modules import present
from protonet.plugins import line_in_plugin
from protonet.spec.wiring import Node

_OF_TORCH = frozenset(vars(nn.Module()))
"""Attributes that every module has: parameters, buffers, submodules, hooks."""
_CONSTANT = (int, float, str, bytes, bool, type(None), torch.dtype, torch.device)


@dataclass(slots=True)
class Layer:
    """A layer of a net, to be run again and again from one state.

    Args:
        position: in the wiring.
        node: what it reads and gives.
        kind: its type.
        module: with parameters in float64.
        seed: what it draws at random follows from it.
    """

    position: int
    node: Node
    kind: LayerType
    module: nn.Module
    seed: int
    _buffers: dict[str, torch.Tensor] = field(init=False)
    _memory: list[tuple[nn.Module, dict[str, Any]]] = field(init=False)

    def __post_init__(self) -> None:
        self._buffers = {name: one.clone() for name, one in self.module.named_buffers()}
        self._memory = [(module, _remembered(module)) for module in self.module.modules()]

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.node.layer.name

    @property
    def is_ours(self) -> bool:
        """Whether its type is of the catalogue, and no plugin's."""
        return self.kind.name.startswith(PREFIX) or LAYERS.get(self.kind.name) is self.kind

    @property
    def why_not(self) -> str:
        """Why it has no gradient that could be checked; empty: it has one."""
        if not self.node.tops:
            return "it has no top"
        if self.kind.kind == "metric":
            return "a metric: nothing learns from it"
        return self.kind.exclusions.get("gradient", "")

    def parameters(self) -> dict[str, nn.Parameter]:
        """Return its parameters by name, in Caffe's blob order, without its statistics."""
        held = {name: getattr(self.module, name) for name in present(self.kind, self.module)}
        return {name: one for name, one in held.items() if isinstance(one, nn.Parameter)}

    def is_stopped(self, place: int) -> bool:
        """Return whether `propagate_down` keeps gradients from a bottom."""
        flags = self.node.layer.propagate_down
        return flags is not None and place < len(flags) and not flags[place]

    def run(self, bottoms: Sequence[torch.Tensor]) -> Tops:
        """Return the tops in memory of their own, floating-point ones in float64; what the layer
        prints is dropped.

        Raises: whatever the layer does.
        """
        self._restore()
        torch.manual_seed(self.seed)
        with contextlib.redirect_stdout(io.StringIO()):
            given = self.module(*bottoms)
        tops = (given,) if isinstance(given, torch.Tensor) else tuple(given)
        lent = {_address(tensor) for tensor in (*bottoms, *self.module.parameters())}
        owned = [top.clone() if _address(top) in lent else top for top in tops]  # no view of them
        return [top.double() if top.is_floating_point() else top for top in owned]

    def first_run(self, bottoms: Sequence[torch.Tensor]) -> Tops:
        """Return the same, without gradients.

        Raises: PathError if the layer cannot be run with these bottoms, or changes one; DataError
            if it refuses their numbers.
        """
        versions = [bottom._version for bottom in bottoms]
        try:
            with torch.no_grad():
                tops = self.run(bottoms)
        except DataError as error:
            raise DataError(f"layer {self.name}, with random inputs: {error}") from error
        except ProtonetError:
            raise
        except Exception as error:  # a plugin may raise anything, and torch raises several kinds
            raise self.failure("it cannot be run", error) from error
        finally:
            self._restore()
        for bottom, value, version in zip(bottoms, self.node.bottoms, versions, strict=True):
            if bottom._version != version:
                why = f"it changes its bottom {value.blob} in place, and others may read that"
                raise self._error(why, hint="let it give a new tensor: x.relu(), not x.relu_()")
        return [top.contiguous() for top in tops]

    def failure(self, what: str, error: Exception) -> PathError:
        """Return an error that tells why something of this layer failed, at its line."""
        said, where = next(iter(str(error).splitlines()), ""), line_in_plugin(error)
        name = f"{where and f'{where}: '}{type(error).__name__}"
        return self._error(f"{what}: {name}{said and f': {said}'}")

    def _error(self, why: str, hint: str = "") -> PathError:
        return PathError("PN026", ("net", "layers", self.node.index), why, hint=hint)

    def _restore(self) -> None:
        """Put back what a run has changed: statistics, and what is remembered between runs."""
        with torch.no_grad():
            for name, buffer in self.module.named_buffers():
                buffer.copy_(self._buffers[name])
        for module, kept in self._memory:
            held = vars(module)
            for name in held.keys() - kept.keys() - _OF_TORCH:
                del held[name]
            held.update((name, _copied(value)) for name, value in kept.items())


def _address(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def _remembered(module: nn.Module) -> dict[str, Any]:
    """Return a copy of what a module holds besides parameters, buffers and other modules."""
    return {name: _copied(value) for name, value in vars(module).items() if name not in _OF_TORCH}


def _copied(value: Any) -> Any:
    """Return a copy of what could be changed; a function, a lock or a file as it is."""
    if isinstance(value, _CONSTANT) or callable(value):
        return value
    try:
        return copy.deepcopy(value)
    except Exception:  # nothing that could be put back
        return value


def layers_of(
    nodes: Sequence[Node], kinds: Mapping[str, LayerType], modules: Sequence[nn.Module], seed: int
) -> list[Layer]:
    """Return the layers of a net, their parameters turned to float64 and still shared."""
    return [
        Layer(position, node, kinds[node.layer.type], module.double(), seed + position)
        for position, (node, module) in enumerate(zip(nodes, modules, strict=True))
    ]
