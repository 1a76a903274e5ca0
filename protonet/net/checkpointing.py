"""Gradient checkpointing: what parts of a net compute is not kept for the backward pass, but
computed again in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import fx, nn
from torch.fx.passes.split_module import split_module
from torch.utils.checkpoint import checkpoint

from protonet.net.trained import as_trained


class Checkpointed(nn.Module):
    """A part of a net whose inner blobs are dropped after the forward pass.

    The second forward pass draws the same random numbers, and leaves the statistics of
    normalisation as the first one left them.

    Args:
        part: the part.

    Source: Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016.
    """

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, *bottoms: Any) -> Any:
        """Return what the part gives."""
        if not torch.is_grad_enabled():
            return self.part(*bottoms)
        return checkpoint(self.part, *bottoms, use_reentrant=False, context_fn=self._contexts)

    def _contexts(self) -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
        return nullcontext(), _unchanged([*self.part.buffers()])


@contextmanager
def _unchanged(buffers: Sequence[torch.Tensor]) -> Iterator[None]:
    """Give the buffers their values back; behind autograd's back, which keeps some of them."""
    before = [buffer.clone() for buffer in buffers]
    try:
        yield
    finally:
        for buffer, value in zip(buffers, before, strict=True):
            buffer.data.copy_(value)


def checkpointed(
    module: fx.GraphModule, layers: Mapping[int, str], patterns: Sequence[str]
) -> fx.GraphModule:
    """Return a net some parts of which are checkpointed, around the same modules, with the kernels
    of each part fused.

    Args:
        module: the net as a graph.
        layers: the name of each layer, by the `id` of its module.
        patterns: of the names of layers, or of instances of blocks, each of which is one part.
    """
    parts: list[tuple[str | None, set[fx.Node]]] = []
    for node in module.graph.nodes:
        if node.op in ("placeholder", "output"):
            continue
        group = parts[-1][0] if parts else None  # what picks a top belongs to its layer
        if node.op == "call_module":
            group = part_of(layers[id(module.get_submodule(str(node.target)))], patterns)
        if not parts or parts[-1][0] != group:
            parts.append((group, set()))
        parts[-1][1].add(node)
    place = {node: number for number, (_, nodes) in enumerate(parts) for node in nodes}
    split = split_module(module, module, lambda node: place[node], keep_original_order=True)
    for number, (group, _) in enumerate(parts):
        name = f"submod_{number}"
        part = split.get_submodule(name)
        assert isinstance(part, fx.GraphModule)  # as torch's split makes them
        trained = as_trained(part)
        setattr(split, name, trained if group is None else Checkpointed(trained))
    return split


def part_of(layer: str, patterns: Sequence[str]) -> str | None:
    """Return the outermost instance around a layer, or itself, that a pattern fits.

    >>> part_of("res2/a/conv", ["res*"]), part_of("res2/a/conv", ["res2/?"])
    ('res2', 'res2/a')
    """
    steps = layer.split("/")
    for length in range(1, len(steps) + 1):
        name = "/".join(steps[:length])
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return name
    return None
