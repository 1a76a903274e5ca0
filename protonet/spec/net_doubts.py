"""What in a net is legal and probably not meant: blobs that nobody reads, layers that nothing
trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from protonet.errors import PathError
from protonet.layers.record import LayerType
from protonet.spec.kept import sharing_of, wirer_of
from protonet.spec.net import NetSpec
from protonet.spec.sharing import Sharing
from protonet.spec.state import PHASES
from protonet.spec.wiring import Node, Value, Wiring

BATCH_NORM, SCALE = "BatchNorm", "Scale"


def net_warnings(net: NetSpec) -> list[PathError]:
    """Return everything in a net that runs and is probably not meant.

    Nets without a loss are for deployment: there a blob that nobody reads is an output.
    """
    wirer = wirer_of(net)
    wirings = [wirer.wire(net.net_state(phase)) for phase in PHASES]
    if not any(_losses(wiring, net.types) for wiring in wirings[:2]):
        return []
    stages = {stage for layer in net.layers for rule in layer.include for stage in rule.stage}
    if stages:  # an evaluation set may name one, and its layers read, too
        wirings.append(wirer.wire(net.net_state("test", tuple(stages))))
    unread = list(_unread(net, wirings))
    return [
        *unread,
        *_untrained(net, wirings[0], {error.path[2] for error in unread}),
        *_lonely_norms(wirings),
    ]


def _losses(wiring: Wiring, types: Mapping[str, LayerType]) -> list[Node]:
    return [
        node for node in wiring.nodes if types[node.layer.type].kind == "loss" or _weighed(node)
    ]


def _weighed(node: Node) -> bool:
    return any(node.layer.loss_weight or ())


def _unread(net: NetSpec, wirings: list[Wiring]) -> Iterator[PathError]:
    """Yield the layers whose tops nobody reads in any phase."""
    read = frozenset[Value]().union(*(wiring.all_read() for wiring in wirings))
    declared = set(net.deploy.outputs) if net.deploy else set[str]()
    seen: set[int] = set()
    for node in (node for wiring in wirings[:2] for node in wiring.all_nodes()):
        plain = net.types[node.layer.type].kind == "layer" and not _weighed(node)
        if node.index in seen or not plain or not node.tops:
            continue
        seen.add(node.index)
        named = {top.blob for top in node.tops}
        if not read.intersection(node.tops) and not declared & named:
            why = f"nobody reads {' or '.join(sorted(named))}"
            hint = "read it, remove the layer, or name it in net.deploy.outputs"
            yield PathError("PN031", ("net", "layers", node.index, "name"), why, hint=hint)


def _untrained(net: NetSpec, train: Wiring, told: set[object]) -> Iterator[PathError]:
    """Yield layers with parameters that no loss depends on, and losses that depend on none."""
    sharing = sharing_of(net)
    makers = {top: node for node in train.nodes for top in node.tops}
    losses = _losses(train, net.types)
    needed = _ancestors([bottom for node in losses for bottom in node.bottoms], makers)
    needed |= {node.index for node in losses}
    for node in train.nodes:
        idle = node.index not in needed and _learns(node, net, sharing)
        if idle and node.index not in told and losses:
            why = f"no loss depends on {node.layer.name}, so it is never trained"
            path = ("net", "layers", node.index, "name")
            yield PathError(
                "PN045", path, why, hint="read it where a loss can see it, or remove it"
            )
    by_index = {node.index: node for node in train.nodes}
    for loss in losses:
        above = _ancestors(list(loss.bottoms), makers) | {loss.index}
        if not any(_learns(by_index[index], net, sharing) for index in above):
            why = f"no parameter that learns leads to the loss {loss.layer.name}"
            path = ("net", "layers", loss.index, "name")
            yield PathError("PN045", path, why, hint="check its bottoms, lr_mult and frozen")


def _learns(node: Node, net: NetSpec, sharing: Sharing) -> bool:
    if node.body is not None:
        return any(_learns(inner, net, sharing) for inner in node.body.nodes)
    names = net.types[node.layer.type].parameters
    if node.layer.type == BATCH_NORM or node.layer.frozen:
        return False  # its parameters are statistics
    return any(sharing.learns(sharing.owner(node.layer.name, name)) for name in names)


def _ancestors(values: list[Value], makers: Mapping[Value, Node]) -> set[int]:
    """Return the positions of the layers that these values are made from."""
    found: set[int] = set()
    todo = list(values)
    while todo:
        node = makers.get(todo.pop())
        if node is not None and node.index not in found:
            found.add(node.index)
            todo.extend(node.bottoms)
    return found


def _lonely_norms(wirings: list[Wiring]) -> Iterator[PathError]:
    """Yield the BatchNorm layers that no Scale follows."""
    readers: dict[Value, list[Node]] = {}
    for node in (node for wiring in wirings for node in wiring.all_nodes()):
        for bottom in node.bottoms:
            readers.setdefault(bottom, []).append(node)
    seen: set[int] = set()
    for node in (node for wiring in wirings[:2] for node in wiring.all_nodes()):
        if node.layer.type != BATCH_NORM or node.index in seen:
            continue
        seen.add(node.index)
        followers = [reader for top in node.tops for reader in readers.get(top, ())]
        if followers and not any(reader.layer.type == SCALE for reader in followers):
            why = "no Scale follows: this BatchNorm only normalises"
            hint = "{type: Scale, bias_term: true} learns the factor and the bias"
            yield PathError("PN046", ("net", "layers", node.index, "type"), why, hint=hint)
