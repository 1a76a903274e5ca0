"""A net as TensorBoard draws graphs: layers as nodes, blocks as boxes that open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

from protonet.net import Net
from protonet.net.axes import Axes
from protonet.records import shortened
from protonet.spec.wiring import Node, Value

_INPUT = "Placeholder"
"""What TensorBoard draws as an input."""


def graph_of(net: Net) -> GraphDef:
    """Return the drawing: each layer with its type, its keys and the shapes of its tops; those in
    the step of a recurrent layer stand inside it."""
    taken = {node.layer.name for node in net.wiring.all_nodes()}
    names: dict[Value, str] = {}
    drawn: list[NodeDef] = []
    for blob in net.inputs:
        value = net.wiring.inputs[blob][0]
        names[value] = _safe(blob if blob not in taken else f"{blob} (input)")
        attributes = {"_output_shapes": _shapes([net.axes(value)])}
        drawn.append(NodeDef(name=names[value], op=_INPUT, attr=attributes))
    shapes = {
        leaf.node.layer.name: tuple(map(leaf.proof.axes, leaf.node.tops)) for leaf in net.leaves()
    }
    drawn += _nodes(net.wiring.nodes, names, shapes)
    return GraphDef(node=drawn)


def _nodes(
    nodes: Iterable[Node], names: Mapping[Value, str], shapes: Mapping[str, tuple[Axes, ...]]
) -> Iterator[NodeDef]:
    """Yield the layers of a net, or of one step, each after what it reads.

    Args:
        nodes: the layers.
        names: of the values that come from outside.
        shapes: of the tops of each layer.
    """
    known = dict(names)
    for node in nodes:
        name = _safe(node.layer.name)
        if node.body is not None:
            yield from _step(node, known, shapes)
        inputs = [known[value] for value in node.bottoms if value in known]
        for place, top in enumerate(node.tops):
            known[top] = f"{name}:{place}" if place else name
        attributes = {"_output_shapes": _shapes(shapes.get(node.layer.name, ())), **_keys(node)}
        yield NodeDef(name=name, op=node.layer.type, input=inputs, attr=attributes)


def _step(
    node: Node, known: Mapping[Value, str], shapes: Mapping[str, tuple[Axes, ...]]
) -> Iterator[NodeDef]:
    """Yield the layers of a recurrent layer's step; what the step is given reads what the layer
    reads."""
    assert node.body is not None  # asked for where there is one
    scope = _safe(node.layer.name)
    inner = {value: f"{scope}/{_safe(name)}" for name, value in node.body.inputs.items()}
    outer = [known[value] for value in node.bottoms if value in known]
    for name in inner.values():
        yield NodeDef(name=name, op=_INPUT, input=outer)
    yield from _nodes(node.body.nodes, inner, shapes)


def _shapes(tops: Iterable[Axes]) -> AttrValue:
    sizes = [
        TensorShapeProto(
            dim=[TensorShapeProto.Dim(size=axis if isinstance(axis, int) else -1) for axis in axes]
        )
        for axes in tops
    ]
    return AttrValue(list=AttrValue.ListValue(shape=sizes))


def _keys(node: Node) -> dict[str, AttrValue]:
    """Return the keys of a layer that are not at their default, as they are written."""
    params: Any = node.layer.params
    if params is None:
        return {}
    given = params.model_dump(mode="json", exclude_defaults=True)
    return {key: AttrValue(s=shortened(value).encode()) for key, value in given.items()}


def _safe(name: str) -> str:
    """Return a name without what would mean something to TensorBoard: `name:1` is a second top."""
    return name.replace(":", "_").replace("^", "_")
