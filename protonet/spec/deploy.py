"""The deploy net, derived from the one spec: without labels, losses, metrics and what only they
need.

Caffe users kept a third file for this, which drifted. Here a classifier's loss becomes its
activation with top `prob`; a loss of weight 0 or of phase train only goes with what only it needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from protonet.layers.record import LayerType
from protonet.spec.layer import LayerSpec
from protonet.spec.net import NetSpec
from protonet.spec.wiring import Node, Value, Wirer, Wiring

Layers = Mapping[str, LayerType]


def derive_deploy(net: NetSpec, layers: Layers, wirer: Wirer) -> Wiring:
    """Return the wiring of the deploy net; its errors are what the kept layers miss.

    Outputs are the tops that no kept layer reads.
    """
    whole = wirer.wire(net.net_state("deploy"))
    train, test = (wirer.wire(net.net_state(phase)) for phase in ("train", "test"))
    body = [node for node in whole.nodes if layers[node.layer.type].kind == "layer"]
    given = {value for value, _ in whole.inputs.values()}.union(*(node.tops for node in body))
    losses = [
        node
        for node in _losses(train, [test, whole], layers)
        if node.bottoms and node.bottoms[0] in given
    ]
    wanted = {node.bottoms[0] for node in losses} | _loose_ends([whole, train, test], layers)
    made = _activations(losses, _ancestors(body, wanted), layers)
    kept = _ancestors([*body, *made], wanted.union(*(node.tops for node in made)))
    read = {bottom for node in kept for bottom in node.bottoms}
    inputs = {name: pair for name, pair in whole.inputs.items() if pair[0] in read}
    blobs = {name: pair[0] for name, pair in inputs.items()}
    blobs |= {top.blob: top for node in kept for top in node.tops}
    indexes = {node.index for node in kept if node not in made}
    errors = tuple(error for error in whole.errors if error.path[2] in indexes)
    return Wiring(whole.state, inputs, tuple(kept), blobs, errors)


def _losses(train: Wiring, lasting: list[Wiring], layers: Layers) -> list[Node]:
    """Return the losses that stand for what the net is for: weighed, and not for training only.

    Where all are for training only, they are what it is for.
    """
    nodes = {node.index: node for wiring in lasting for node in wiring.nodes}
    for chosen in ([nodes[index] for index in sorted(nodes)], train.nodes):
        losses = [
            node
            for node in chosen
            if layers[node.layer.type].kind == "loss" and _is_weighed(node.layer)
        ]
        if losses:
            return losses
    return []


def _is_weighed(layer: LayerSpec) -> bool:
    return layer.loss_weight is None or any(layer.loss_weight)


def _activations(losses: list[Node], kept: list[Node], layers: Layers) -> list[Node]:
    """Return the layer that takes the place of each loss: Softmax for SoftmaxWithLoss, and so on.

    A loss whose activation is in the deploy net anyway, on the same blob, needs none.
    """
    present = [(node.layer.type, node.layer.params, node.bottoms) for node in kept]
    made = []
    for node in losses:
        form = layers[node.layer.type].deploy
        new = form(node.layer.params) if form and node.layer.params is not None else None
        if new and (*new, node.bottoms[:1]) not in present:
            made.append((node, *new))
    taken = {top.blob for node in kept for top in node.tops}
    alone = len(made) == 1 and "prob" not in taken
    return [
        _activation(node, "prob" if alone else f"prob/{node.layer.name}", name, params)
        for node, name, params in made
    ]


def _activation(loss: Node, top: str, name: str, params: object) -> Node:
    layer = LayerSpec.model_construct(
        name=top, type=name, bottom=(loss.bottoms[0].blob,), top=(top,), params=params
    )
    return Node(loss.index, layer, loss.bottoms[:1], (Value(top, loss.index),))


def _loose_ends(wirings: list[Wiring], layers: Layers) -> set[Value]:
    """Return the tops of the first wiring that nothing reads in any phase, losses and metrics
    included, and that are not computed from a loss or metric."""
    read = frozenset[Value]().union(*(wiring.read() for wiring in wirings))
    judged: set[Value] = set()
    ends: set[Value] = set()
    for node in wirings[0].nodes:
        if layers[node.layer.type].kind != "layer" or judged.intersection(node.bottoms):
            judged.update(node.tops)
        else:
            ends.update(node.tops)
    return ends - read


def _ancestors(nodes: list[Node], wanted: set[Value]) -> list[Node]:
    """Return the nodes that the wanted values need, in their order."""
    needed, kept = set(wanted), []
    for node in sorted(nodes, key=lambda item: item.index, reverse=True):
        if needed.intersection(node.tops):
            kept.append(node)
            needed |= set(node.bottoms)
    return kept[::-1]
