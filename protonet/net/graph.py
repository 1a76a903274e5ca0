"""A wired net and its modules → a torch.fx GraphModule: straight-line code that prints, compiles,
exports."""

from __future__ import annotations

import keyword
import operator
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import fx, nn

from protonet.layers.record import LayerType
from protonet.spec.nodes import Node, Value

_TAKEN = frozenset(dir(fx.GraphModule)) | frozenset(vars(nn.Module()))
"""Names that a module has already: `forward`, `training`, `graph` …"""


class Measured(nn.Module):
    """A loss or metric that gives (numerator, denominator) instead of their quotient."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *bottoms: torch.Tensor) -> Any:
        """Return what the layer's `measure` gives."""
        return self.module.measure(*bottoms)  # type: ignore[operator]  # the Measure protocol


def build_graph(
    inputs: Mapping[str, Value],
    nodes: Sequence[Node],
    modules: Mapping[int, nn.Module],
    outputs: Mapping[str, Value],
    measured: Iterable[int] = (),
    acting: Iterable[int] = (),
) -> fx.GraphModule:
    """Return a module of the inputs, in order, that gives a dict of the outputs.

    Args:
        inputs: what is fed, by name.
        nodes: the layers, in order.
        modules: the module of each node, by its position.
        outputs: the values to return, by key.
        measured: positions of nodes whose tops are (numerator, denominator) instead.
        acting: positions of nodes that are run though nobody reads their tops.
    """
    graph = fx.Graph()
    root = {}
    values: dict[Value, fx.Node] = {}
    for name, value in inputs.items():
        values[value] = graph.placeholder(_argument(name, values.values()))
    names = identifiers([node.layer.name for node in nodes])
    chosen = set(measured)
    for position in _needed(nodes, outputs.values(), acting):
        node, module = nodes[position], modules[position]
        root[names[position]] = Measured(module) if position in chosen else module
        arguments = tuple(_bottom(graph, node, place, values) for place in range(len(node.bottoms)))
        result = graph.call_module(names[position], arguments)
        _tops(graph, node, result, values, pairs=position in chosen)
    graph.output({key: values[value] for key, value in outputs.items()})
    return fx.GraphModule(root, graph, class_name="Net")


def acting_places(nodes: Sequence[Node], layers: Mapping[str, LayerType]) -> list[int]:
    """Return the positions of the layers that do something beside giving tops, among them the
    recurrent ones that have such a layer in their steps."""
    return [
        place
        for place, node in enumerate(nodes)
        if layers[node.layer.type].acts
        or (node.body is not None and acting_places(node.body.nodes, layers))
    ]


def _needed(nodes: Sequence[Node], outputs: Iterable[Value], acting: Iterable[int]) -> list[int]:
    """Return the positions of the acting layers and of those that the outputs need, in order."""
    wanted, positions, chosen = set(outputs), [], set(acting)
    for position, node in reversed([*enumerate(nodes)]):
        if position in chosen or wanted.intersection(node.tops):
            positions.append(position)
            wanted |= set(node.bottoms)
    return positions[::-1]


def _tops(
    graph: fx.Graph, node: Node, result: fx.Node, values: dict[Value, fx.Node], *, pairs: bool
) -> None:
    if len(node.tops) == 1 or pairs:
        values.update(dict.fromkeys(node.tops, result))
        return
    for place, top in enumerate(node.tops):
        values[top] = graph.call_function(operator.getitem, (result, place))


def _bottom(graph: fx.Graph, node: Node, place: int, values: Mapping[Value, fx.Node]) -> fx.Node:
    value = values[node.bottoms[place]]
    flags = node.layer.propagate_down
    stopped = flags is not None and place < len(flags) and not flags[place]
    return graph.call_method("detach", (value,)) if stopped else value


def _argument(name: str, taken: Iterable[fx.Node]) -> str:
    return _unique(_safe(name), {str(node) for node in taken})


def identifiers(names: Sequence[str]) -> list[str]:
    """Return a legal, unique attribute name for each layer: `class`, `forward`, `conv1/7x7` are
    legal layers."""
    taken: dict[str, None] = {}
    for name in names:
        taken[_unique(_safe(name), taken)] = None
    return list(taken)


def _safe(name: str) -> str:
    text = re.sub(r"\W", "_", name)
    text = text if text[:1].isalpha() or text[:1] == "_" else f"_{text}"
    return f"{text}_" if keyword.iskeyword(text) or text in _TAKEN else text


def _unique(text: str, taken: Container[str]) -> str:
    if text not in taken:
        return text
    number = 2
    while f"{text}_{number}" in taken:
        number += 1
    return f"{text}_{number}"
