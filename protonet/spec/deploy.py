"""The deploy net, derived from the one spec: no labels, no losses, no metrics, what is left over
goes too.

Caffe users kept a third file for this, which drifted. Here a classifier's loss becomes its
activation with top `prob`; a loss of weight 0 or of phase train only goes with everything that only
it needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from protonet.layers.record import LayerType
from protonet.spec.layer import LayerSpec
from protonet.spec.net import NetSpec
from protonet.spec.wiring import Node, Value, Wirer, Wiring


def derive_deploy(net: NetSpec, layers: Mapping[str, LayerType], wirer: Wirer) -> Wiring:
    """Return the wiring of the deploy net.

    Outputs are the tops that no kept layer reads. `wirer.errors` gains what kept layers miss.
    """
    before = len(wirer.errors)
    whole = wirer.wire(net.net_state("deploy"))
    losses = [
        node
        for node in whole.nodes
        if layers[node.layer.type].kind == "loss" and _counts(node, net)
    ]
    replaced = _activations(losses, layers)
    body = [node for node in whole.nodes if layers[node.layer.type].kind == "layer"]
    wanted = {top for node in replaced for top in node.tops} | {
        node.bottoms[0] for node in losses if node.bottoms
    }
    wanted |= _loose_ends(whole, body, layers)
    kept = _ancestors([*body, *replaced], wanted)
    _forget_errors(wirer, before, kept)
    read = {bottom for node in kept for bottom in node.bottoms}
    inputs = {name: pair for name, pair in whole.inputs.items() if pair[0] in read}
    blobs = {name: pair[0] for name, pair in inputs.items()} | {
        top.blob: top for node in kept for top in node.tops
    }
    return Wiring(whole.state, inputs, tuple(kept), blobs)


def _counts(node: Node, net: NetSpec) -> bool:
    """Return whether a loss stands for what the net is for: weighed, and not for training only."""
    weights = node.layer.loss_weight
    return (weights is None or any(weights)) and node.layer.exists_in(net.net_state("test"))


def _activations(losses: list[Node], layers: Mapping[str, LayerType]) -> list[Node]:
    """Return the layer that takes the place of each loss: Softmax for SoftmaxWithLoss, and so
    on."""
    forms = [
        (node, form(node.layer.params))
        for node in losses
        if (form := layers[node.layer.type].deploy) and node.bottoms
    ]
    made = [(node, *form) for node, form in forms if form is not None]
    nodes = []
    for node, name, params in made:
        top = "prob" if len(made) == 1 else f"prob/{node.layer.name}"
        layer = LayerSpec.model_construct(
            name=top, type=name, bottom=(node.bottoms[0].blob,), top=(top,), params=params
        )
        nodes.append(Node(node.index, layer, node.bottoms[:1], (Value(top, node.index),)))
    return nodes


def _loose_ends(whole: Wiring, body: list[Node], layers: Mapping[str, LayerType]) -> set[Value]:
    """Return the tops that nothing reads, losses and metrics included, and that no label feeds."""
    labels = _label_values(whole, layers)
    plain = {top for node in body for top in node.tops}
    return {value for value in whole.unread() if value in plain and value not in labels}


def _label_values(whole: Wiring, layers: Mapping[str, LayerType]) -> set[Value]:
    """Return the inputs that only targets read, and everything computed from them."""
    plain_reads: set[Value] = set()
    for node in whole.nodes:
        kind = layers[node.layer.type]
        targets = kind.kind != "layer"
        plain_reads |= {
            value
            for place, value in enumerate(node.bottoms)
            if not (targets and kind.is_target(place, len(node.bottoms)))
        }
    labels = {value for value, _ in whole.inputs.values() if value not in plain_reads}
    for node in whole.nodes:
        if any(bottom in labels for bottom in node.bottoms):
            labels |= set(node.tops)
    return labels


def _ancestors(nodes: list[Node], wanted: set[Value]) -> list[Node]:
    """Return the nodes that the wanted values need, in their order."""
    needed, kept = set(wanted), []
    for node in sorted(nodes, key=lambda item: item.index, reverse=True):
        if needed.intersection(node.tops):
            kept.append(node)
            needed |= set(node.bottoms)
    return kept[::-1]


def _forget_errors(wirer: Wirer, before: int, kept: list[Node]) -> None:
    """Drop what was missing only for layers that the deploy net does not have."""
    indexes = {node.index for node in kept}
    wirer.errors[before:] = [error for error in wirer.errors[before:] if error.path[2] in indexes]
