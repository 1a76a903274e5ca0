"""BatchNorm and the Scale behind it, computed by one kernel while a net is trained."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import fx, nn

from protonet.layers.batch_norm import Statistics
from protonet.layers.scale import Scale

_NAME = "scaled_statistics"


class ScaledStatistics(nn.Module):
    """A BatchNorm whose result a Scale multiplies and adds to, in one pass over the numbers.

    Args:
        statistics: the BatchNorm.
        scale: the Scale; its factors are one for each channel.
    """

    def __init__(self, statistics: Statistics, scale: Scale) -> None:
        super().__init__()
        self.statistics, self.scale = statistics, scale
        self._forward_hooks = scale._forward_hooks  # who watches the Scale sees what this gives

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return what the Scale gives for what the BatchNorm gives."""
        scale = self.scale
        if bottom.dim() - 2 != scale.trailing:  # its factors are those of another axis
            top: torch.Tensor = scale(self.statistics(bottom))
            return top
        return self.statistics.scaled(bottom, scale.weight, scale.bias)


def fused(module: fx.GraphModule) -> fx.GraphModule:
    """Return a net in which every BatchNorm that one Scale alone reads is computed with it; the
    same net where there is none.

    The result differs from theirs in the last digit: the product is not rounded by itself.

    Args:
        module: the net as a graph; its modules are shared, the graph is copied.
    """
    if not any(True for _ in _pairs(module)):
        return module
    made = fx.GraphModule(module, copy.deepcopy(module.graph), class_name="Net")
    for number, (norm, scale) in enumerate([*_pairs(made)]):
        first = made.get_submodule(str(norm.target))
        second = made.get_submodule(str(scale.target))
        assert isinstance(first, Statistics)  # `_pairs` has seen to it
        assert isinstance(second, Scale)
        name = f"{_NAME}_{number}"
        made.add_submodule(name, ScaledStatistics(first, second))
        with made.graph.inserting_before(scale):
            both = made.graph.call_module(name, norm.args)
        scale.replace_all_uses_with(both)
        made.graph.erase_node(scale)
        made.graph.erase_node(norm)
    made.delete_all_unused_submodules()
    made.recompile()
    return made


def _pairs(module: fx.GraphModule) -> Iterator[tuple[fx.Node, fx.Node]]:
    """Yield each BatchNorm with the Scale that alone reads it."""
    for norm in module.graph.nodes:
        if norm.op != "call_module" or len(norm.users) != 1:
            continue
        (scale,) = norm.users
        first = module.get_submodule(str(norm.target))
        if scale.op != "call_module" or not isinstance(first, Statistics):
            continue
        second = module.get_submodule(str(scale.target))
        if isinstance(second, Scale) and _fits(first, second):
            yield norm, scale


def _fits(statistics: Statistics, scale: Scale) -> bool:
    """Return whether a Scale has a factor and a number to add for each channel."""
    return scale.weight.shape == statistics.mean.shape and scale.bias is not None
