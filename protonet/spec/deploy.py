"""The deploy net, derived from the one spec: without labels, losses, metrics and what only they
need.

Caffe users kept a third file for this, which drifted. Here a classifier's loss becomes its
activation with top `prob`; a loss of weight 0 or of phase train only goes with what only it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from protonet.errors import PathError
from protonet.layers.record import LayerType
from protonet.records import suggestion
from protonet.spec.layer import LayerSpec
from protonet.spec.net import NetSpec
from protonet.spec.wiring import Node, Value, Wirer, Wiring

Layers = Mapping[str, LayerType]


def derive_deploy(net: NetSpec, layers: Layers, wirer: Wirer) -> Wiring:
    """Return the wiring of the deploy net; its errors are what the kept layers miss.

    Outputs are the tops that no kept layer reads.
    """
    whole = _fed(wirer.wire(net.net_state("deploy")), net)
    train, test = (wirer.wire(net.net_state(phase)) for phase in ("train", "test"))
    body = [node for node in whole.nodes if layers[node.layer.type].kind == "layer"]
    given = {value for value, _ in whole.inputs.values()}.union(*(node.tops for node in body))
    losses = [
        node
        for node in _losses(train, [test, whole], layers)
        if node.bottoms and node.bottoms[0] in given
    ]
    wanted = {node.bottoms[0] for node in losses} | _loose_ends([whole, train, test], layers)
    stops = {value for value, _ in whole.inputs.values()}
    made = _activations(losses, _ancestors(body, wanted, stops), layers)
    tops = wanted.union(*(node.tops for node in made))
    chosen, missing = _outputs(net, whole, made)
    kept = _ancestors([*body, *made], {*chosen.values()} or tops, stops)
    read = {bottom for node in kept for bottom in node.bottoms}
    inputs = {name: pair for name, pair in whole.inputs.items() if pair[0] in read}
    blobs = {name: pair[0] for name, pair in inputs.items()}
    blobs |= {top.blob: top for node in kept for top in node.tops} | chosen
    indexes = {node.index for node in kept if node not in made}
    errors = [error for error in whole.errors if _concerns(error, indexes, net)]
    errors += [*_unknown_inputs(net, whole), *missing]
    titles = {value: name for name, value in chosen.items()}
    return Wiring(whole.state, inputs, tuple(kept), blobs, tuple(errors), titles)


def _fed(whole: Wiring, net: NetSpec) -> Wiring:
    """Return a wiring that is fed what `deploy.inputs` names, inner blobs among them."""
    given = net.deploy.inputs if net.deploy else {}
    named = {name: (whole.blobs[name], spec) for name, spec in given.items() if name in whole.blobs}
    return replace(whole, inputs={**whole.inputs, **named}) if named else whole


def _outputs(
    net: NetSpec, whole: Wiring, made: list[Node]
) -> tuple[dict[str, Value], list[PathError]]:
    """Return the values that `deploy.outputs` names, by these names, and what is wrong with it."""
    known = {**whole.blobs, **{top.blob: top for node in made for top in node.tops}}
    written = net.deploy.outputs if net.deploy else ()
    errors = [
        PathError(
            "PN023",
            ("net", "deploy", "outputs", place),
            f"the deploy net has no blob {name}",
            hint=suggestion(name, known),
        )
        for place, name in enumerate(written)
        if name not in known
    ]
    return {name: known[name] for name in written if name in known}, errors


def _unknown_inputs(net: NetSpec, whole: Wiring) -> list[PathError]:
    names = net.deploy.inputs if net.deploy else {}
    why = "the deploy net has no blob of this name to be fed"
    return [
        PathError(
            "PN023", ("net", "deploy", "inputs", name), why, hint=suggestion(name, whole.blobs)
        )
        for name in names
        if name not in whole.blobs
    ]


def _concerns(error: PathError, indexes: set[int], net: NetSpec) -> bool:
    """Return whether an error is of a kept layer, or of an instance with one."""
    index = error.path[2]
    if error.path[1] == "frames" and isinstance(index, int):
        return not indexes.isdisjoint(net.plan.frames[index].layers)
    return index in indexes


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
    return Node(loss.index, layer, loss.bottoms[:1], (Value(top, loss.index),), loss.reads[:1])


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


def _ancestors(nodes: list[Node], wanted: set[Value], stops: set[Value]) -> list[Node]:
    """Return the nodes that the wanted values need, in their order; `stops` are fed from
    outside."""
    needed, kept = wanted - stops, []
    for node in sorted(nodes, key=lambda item: item.index, reverse=True):
        if needed.intersection(node.tops):
            kept.append(node)
            needed |= set(node.bottoms) - stops
    return kept[::-1]
