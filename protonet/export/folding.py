"""Normalisation after a convolution, put into its filters: the same net with fewer layers."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, fx, nn

from protonet.net.form import Form

_FILTERS = frozenset({"Convolution", "DepthwiseConvolution"})
_AFFINE = frozenset({"BatchNorm", "Scale", "Bias"})
"""Types that multiply and shift each channel, where they have one bottom and their axis is 1."""
_PIXELS = 2
"""Side of the images that a layer is tried on."""


def folded(net: Form) -> tuple[fx.GraphModule, tuple[str, ...]]:
    """Return a copy of a net's graph without what could be put into convolutions, and the names of
    the layers that were.

    Args:
        net: in phase test or deploy, where normalisation has statistics of its own.
    """
    original = net.graph_module
    names = {id(leaf.module): (leaf.node.layer.type, leaf.node.layer.name) for leaf in net.leaves()}
    known = {
        name: names[id(module)] for name, module in original.named_children() if id(module) in names
    }
    graph = copy.deepcopy(original)
    gone = [
        known[str(node.target)][1] for node in list(graph.graph.nodes) if _fold(graph, node, known)
    ]
    graph.graph.lint()
    graph.recompile()
    graph.delete_all_unused_submodules()
    return graph, tuple(gone)


def _fold(graph: fx.GraphModule, node: fx.Node, known: Mapping[str, tuple[str, str]]) -> bool:
    """Put a layer into the convolution that it reads, if that can be; return whether."""
    if _type(node, known) not in _AFFINE or len(node.all_input_nodes) != 1:
        return False
    before = node.all_input_nodes[0]
    if _type(before, known) not in _FILTERS or len(before.args) != 1 or len(before.users) != 1:
        return False
    filters, layer = graph.get_submodule(str(before.target)), graph.get_submodule(str(node.target))
    affine = _affine(layer, cast(Tensor, filters.weight))
    if affine is None:
        return False
    _put(filters, *affine)
    node.replace_all_uses_with(before)
    graph.graph.erase_node(node)
    return True


def _type(node: fx.Node, known: Mapping[str, tuple[str, str]]) -> str:
    return known.get(str(node.target), ("", ""))[0] if node.op == "call_module" else ""


def _affine(layer: nn.Module, filters: Tensor) -> tuple[Tensor, Tensor] | None:
    """Return what a layer multiplies each channel with and adds, (C) float64; None where that
    depends on more than the channel.

    Args:
        layer: one that multiplies and adds.
        filters: (C, …), of the convolution before.
    """
    exact = copy.deepcopy(layer).double()
    channels, axes = filters.shape[0], filters.dim() - 2
    zeros = torch.zeros(
        (1, channels, *[_PIXELS] * axes), dtype=torch.float64, device=filters.device
    )
    with torch.no_grad():
        try:
            shift = exact(zeros)
            factor = exact(torch.ones_like(zeros)) - shift
        except RuntimeError:  # factors for every pixel, of another number of pixels
            return None
    flat = [value.reshape(channels, -1) for value in (factor, shift)]
    if any(bool((value != value[:, :1]).any()) for value in flat):
        return None
    return flat[0][:, 0], flat[1][:, 0]


def _put(filters: nn.Module, factor: Tensor, shift: Tensor) -> None:
    """Make filters give factor · (what they gave) + shift."""
    weight, bias = cast(Tensor, filters.weight), cast("Tensor | None", filters.bias)
    with torch.no_grad():
        wide = weight.double() * factor.reshape(-1, *[1] * (weight.dim() - 1))
        moved = shift if bias is None else bias.double() * factor + shift
    filters.weight = nn.Parameter(wide.to(weight.dtype))
    filters.bias = nn.Parameter(moved.to(weight.dtype))
