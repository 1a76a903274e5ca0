"""Layers that write over what they read, as Caffe's in-place layers do, in a net that is trained.

The tensor lies in the processor's cache when it is written over, and no memory is taken for
another.
"""

from __future__ import annotations

import copy

from torch import fx, nn

from protonet.layers.batch_norm import BatchStatistics, StoredStatistics
from protonet.layers.convolution import Convolution
from protonet.layers.eltwise import Sum
from protonet.layers.scale import Scale
from protonet.net.fusing import ScaledStatistics

_MADE_NEW = frozenset(
    {
        BatchStatistics,
        Convolution,
        Scale,
        ScaledStatistics,
        StoredStatistics,
        Sum,
        nn.Conv2d,
        nn.MaxPool2d,
    }
)
"""What gives a tensor of its own, which its gradient is not computed from."""


def overwriting(module: fx.GraphModule) -> fx.GraphModule:
    """Return a net in which every ReLU, and every sum of two, writes over a bottom that it alone
    reads; the same net where there is none. It computes the same bits.

    Args:
        module: the net as a graph; its modules are shared, the graph is copied.
    """
    instead = {
        str(node.target): new
        for node in module.graph.nodes
        if node.op == "call_module" and (new := _instead(module, node)) is not None
    }
    if not instead:
        return module
    made = fx.GraphModule(module, copy.deepcopy(module.graph), class_name="Net")
    for name, new in instead.items():
        made.set_submodule(name, new)
    return made


def _instead(module: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    """Return what takes a layer's place; None: it stays as it is."""
    layer = module.get_submodule(str(node.target))
    mine = [place for place, bottom in enumerate(node.args) if _is_its_own(module, bottom)]
    if type(layer) is nn.ReLU and mine:
        return _changed(layer, inplace=True)
    if type(layer) is Sum and mine and len(node.args) == 2 == len({*node.args}):
        return _changed(layer, over=mine[-1])
    return None


def _is_its_own(module: fx.GraphModule, bottom: object) -> bool:
    """Return whether a bottom may be lost when its only reader has read it."""
    if not isinstance(bottom, fx.Node) or bottom.op != "call_module" or len(bottom.users) != 1:
        return False
    return type(module.get_submodule(str(bottom.target))) in _MADE_NEW


def _changed(layer: nn.Module, **attributes: object) -> nn.Module:
    """Return a copy of a layer with other attributes; it has the layer's hooks, also those that are
    still to come."""
    made = copy.copy(layer)
    for name, value in attributes.items():
        setattr(made, name, value)
    return made
