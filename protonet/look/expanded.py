"""A spec without blocks, variables and chaining, as plain data that loads again to the same net."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from protonet.errors import UsageError
from protonet.schema import Spec
from protonet.spec.net import NetSpec
from protonet.spec.state import PHASES, State
from protonet.spec.wiring import FROM_NOTHING, OWN_OUTPUT, Node, Value, Wirer


def expanded_data(spec: Spec) -> dict[str, Any]:
    """Return a spec as plain data: every layer under its full name, with the bottoms that it reads.

    Texts stand as they are meant; `escaped` writes them as the language does.
    """
    written = spec.expanded.data
    reads = reads_of(spec.net)
    layers = [
        _layer(layer, reads.get(index)) for index, layer in enumerate(written["net"]["layers"])
    ]
    net = {**written["net"], "layers": layers}
    if isinstance(net.get("deploy"), Mapping):
        net["deploy"] = _deploy(net["deploy"], spec.net)
    data = {**written, "net": net}
    data.setdefault("name", spec.run_name)
    return {key: data[key] for key in ("name", "data", "net", "solver") if key in data}


def reads_of(net: NetSpec) -> dict[int, tuple[str, ...]]:
    """Return the bottoms of each layer, by its position: names that mean the same without blocks.

    Where a blob is given anew in one phase only, `layer:NAME` means the same in all.

    Raises: UsageError if no such name is left: that blob is what a block gives, which has another
        name without blocks, or it is an input whose name another layer took.
    """
    wirer = Wirer(net, net.types)
    reads: dict[int, tuple[str, ...]] = {}
    for state in dict.fromkeys(_states(net)):
        wiring = wirer.wire(state)
        blobs = {name: value for name, (value, _) in wiring.inputs.items()}
        for node in wiring.nodes:
            if all(bottom.layer != FROM_NOTHING for bottom in node.bottoms):
                _check_means(node, blobs)
                pairs = zip(reads.get(node.index, node.reads), node.reads, strict=True)
                reads[node.index] = tuple(_common(node.layer.name, *pair) for pair in pairs)
            blobs |= {top.blob: top for top in node.tops}
    return reads


def _check_means(node: Node, blobs: Mapping[str, Value]) -> None:
    for name, value in zip(node.reads, node.bottoms, strict=True):
        if not _is_own(name) and blobs.get(name) != value:
            raise UsageError(
                f"layer {node.layer.name} reads {name} as it was before another layer took its "
                "name, which cannot be said without blocks; give that layer a top of its own"
            )


def _common(layer: str, first: str, second: str) -> str:
    """Return the one of two names for what a layer reads that means the same in every phase."""
    if first == second or _is_own(first):
        return first
    if _is_own(second):
        return second
    raise UsageError(
        f"layer {layer} reads {first} in one phase and {second} in another, which cannot be said "
        "without blocks; give the layer that changes it in one phase only a top of its own"
    )


def _is_own(name: str) -> bool:
    return name.startswith(OWN_OUTPUT)


def _states(net: NetSpec) -> Iterator[State]:
    """Yield states in which, together, every layer exists, the usual ones first."""
    yield from (net.net_state(phase) for phase in PHASES)
    for rule in (rule for layer in net.layers for rule in (*layer.include, *layer.exclude)):
        level = net.state.level if rule.min_level is None else rule.min_level
        for stages in (rule.stage, rule.not_stage):
            yield from (State(phase, level, frozenset(stages)) for phase in PHASES)


def flat_names(net: NetSpec) -> dict[str, str]:
    """Return for each blob of the deploy net the name that it has without blocks: what an instance
    gives is called after the layer inside that gives it."""
    blobs = Wirer(net, net.types).wire(net.net_state("deploy")).blobs
    return {name: value.blob for name, value in blobs.items()}


def _deploy(deploy: Mapping[str, Any], net: NetSpec) -> dict[str, Any]:
    """Return the deploy section with names that mean the same without blocks."""
    names, keys = flat_names(net), dict(deploy)
    if net.deploy and "outputs" in keys:
        keys["outputs"] = [names.get(name, name) for name in net.deploy.outputs]
    if "inputs" in keys:
        keys["inputs"] = {names.get(name, name): blob for name, blob in keys["inputs"].items()}
    return keys


def _layer(layer: Mapping[str, Any], reads: tuple[str, ...] | None) -> dict[str, Any]:
    """Return a layer's keys, name, type, bottom and top first."""
    keys = dict(layer)
    if reads:
        keys["bottom"] = reads[0] if len(reads) == 1 else list(reads)
    first = [key for key in ("name", "type", "bottom", "top") if key in keys]
    return {key: keys[key] for key in (*first, *(key for key in keys if key not in first))}


def escaped(value: Any) -> Any:
    """Return plain data in which a dollar is written as the language writes it."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(item) for item in value]
    return value
