"""A spec without blocks, variables and chaining, as plain data that loads again to the same net."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protonet.errors import UsageError
from protonet.language import Frame, Loop
from protonet.schema import Spec
from protonet.spec.names import ROOT
from protonet.spec.net import NetSpec
from protonet.spec.nodes import FROM_NOTHING, OWN_OUTPUT, Body, Node, Value, Wiring
from protonet.spec.state import PHASES, State
from protonet.spec.wiring import Wirer


def expanded_data(spec: Spec) -> dict[str, Any]:
    """Return a spec as plain data: every layer under its full name, with the bottoms that it reads.

    What is left of blocks are those that are applied along an axis, each with one use. Texts stand
    as they are meant; `escaped` writes them as the language does.
    """
    written = spec.expanded.data
    flat = Flat(spec.net, written["net"]["layers"]).data()
    net = {**{key: value for key, value in written["net"].items() if key not in flat}, **flat}
    if isinstance(net.get("deploy"), Mapping):
        net["deploy"] = _deploy(net["deploy"], spec.net)
    data = {**written, "net": net}
    data.setdefault("name", spec.run_name)
    return {key: data[key] for key in ("name", "data", "net", "solver") if key in data}


class Flat:
    """The layers of a net without blocks, but for the steps of recurrent layers.

    Args:
        net: the net.
        written: the plain data of its layers, blocks expanded.
    """

    def __init__(self, net: NetSpec, written: Sequence[Mapping[str, Any]]) -> None:
        self.written = written
        self.reads = reads_of(net)
        self.roles = roles_of(net, self.reads)
        self.blocks: dict[str, Any] = {}
        self._loops = {one.loop.layer: one for one in net.plan.frames if one.loop is not None}

    def data(self) -> dict[str, Any]:
        """Return the blocks that are left, if there are any, and the layers."""
        layers = self._layers(range(len(self.written)), None)
        return {**({"blocks": self.blocks} if self.blocks else {}), "layers": layers}

    def _layers(self, places: range, frame: Frame | None) -> list[dict[str, Any]]:
        """Return the layers at these places but for those in the steps of recurrent ones there."""
        steps = [self._loops[place].layers for place in places if place in self._loops]
        own = [place for place in places if not any(place in step for step in steps)]
        return [self._layer(place, frame) for place in own]

    def _layer(self, place: int, frame: Frame | None) -> dict[str, Any]:
        """Return a layer's keys, name, type, bottom and top first."""
        keys, reads = dict(self.written[place]), self.reads.get(place)
        if place in self._loops:
            keys = self._recurrent(place, keys)
        elif reads:
            keys["bottom"] = reads[0] if len(reads) == 1 else list(reads)
        if frame is not None:
            keys = _inside(keys, frame, self.written[_loop(frame).layer])
        first = [key for key in ("name", "type", "bottom", "top") if key in keys]
        return {key: keys[key] for key in (*first, *(key for key in keys if key not in first))}

    def _recurrent(self, place: int, keys: dict[str, Any]) -> dict[str, Any]:
        """Return the keys of a recurrent layer, and keep its block."""
        frame, block, roles = self._loops[place], f"{keys['name']}/step", self.roles.get(place)
        if roles is not None:
            self.blocks[block] = {
                "bottoms": [name for name, _ in frame.bottoms],
                "tops": list(roles.tops),
                "layers": self._layers(frame.layers, frame),
            }
            keys |= {"block": block, **roles.data()}
        return {key: value for key, value in keys.items() if key not in ("bottom", "share")}


_WHEN = ("phase", "include", "exclude")


def _loop(frame: Frame) -> Loop:
    if frame.loop is None:
        raise ValueError(f"{frame.name} is applied once")
    return frame.loop


def _inside(keys: dict[str, Any], frame: Frame, recurrent: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a layer in the step of a recurrent layer, which passes some on to it."""
    keys = {
        key: value for key, value in keys.items() if key not in _WHEN or value != recurrent.get(key)
    }
    keys["name"] = frame.local(keys["name"])
    if "top" in keys:
        top = keys["top"]
        keys["top"] = frame.local(top) if isinstance(top, str) else [*map(frame.local, top)]
    if isinstance(keys.get("share"), str):
        other = keys["share"]
        keys["share"] = frame.local(other) if other.startswith(frame.prefix) else f"/{other}"
    return keys


def reads_of(net: NetSpec) -> dict[int, tuple[str, ...]]:
    """Return the bottoms of each layer, by its position: names that mean the same without blocks,
    those inside a step in the step.

    Where a blob is given anew in one phase only, `layer:NAME` means the same in all.

    Raises: UsageError if no such name is left: that blob is what a block gives, which has another
        name without blocks, or it is an input whose name another layer took.
    """
    reads: dict[int, tuple[str, ...]] = {}
    frames = {one.loop.layer: one for one in net.plan.frames if one.loop is not None}
    for wiring in wirings_of(net):
        inputs = {name: value for name, (value, _) in wiring.inputs.items()}
        _collect(wiring.nodes, inputs, ROOT, (frames, reads))
    return reads


def _collect(
    nodes: Iterable[Node],
    inputs: Mapping[str, Value],
    around: Frame,
    to: tuple[Mapping[int, Frame], dict[int, tuple[str, ...]]],
) -> None:
    """Add what these layers read, by names in the frame around them; `to` has the frames of
    recurrent layers, and what was found so far."""
    (frames, reads), blobs = to, dict(inputs)
    for node in nodes:
        if node.body is not None:
            _collect(node.body.nodes, node.body.inputs, frames[node.index], to)
        if all(bottom.layer != FROM_NOTHING for bottom in node.bottoms):
            _check_means(node, blobs)
            pairs = zip(reads.get(node.index, node.reads), node.reads, strict=True)
            reads[node.index] = tuple(_common(node.layer.name, *pair) for pair in pairs)
        blobs |= {around.local(top.blob): top for top in node.tops}


@dataclass(frozen=True, slots=True)
class Roles:
    """What a recurrent layer reads, and what it takes of a step, by names without blocks."""

    over: Mapping[str, str]
    carry: Mapping[str, Any]
    constant: Mapping[str, str]
    tops: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        """Return the keys of the layer that say so."""
        keys = {"over": self.over, "carry": self.carry, "constant": self.constant}
        return {key: dict(value) for key, value in keys.items() if value}


def roles_of(net: NetSpec, reads: Mapping[int, tuple[str, ...]]) -> dict[int, Roles]:
    """Return of each recurrent layer, by its position, what is called how without blocks.

    Args:
        net: the net.
        reads: what `reads_of` gives for it.

    Raises: UsageError if that is not the same in every phase.
    """
    found: dict[int, Roles] = {}
    for wiring in wirings_of(net):
        for node in wiring.all_nodes():
            if node.body is None or node.index not in reads:
                continue
            roles = _roles(node.body, reads[node.index])
            if found.setdefault(node.index, roles) != roles:
                raise UsageError(
                    f"what {node.layer.name} takes of a step has other names in another phase, "
                    "which cannot be said without blocks; give the layers that differ one top"
                )
    return found


def _roles(body: Body, reads: Sequence[str]) -> Roles:
    loop, carry = body.loop, dict[str, Any]()
    for one, source in zip(loop.carry, body.carried_names, strict=True):
        shape = None if one.shape is None else list(one.shape)
        begins = shape if one.first is None else reads[one.first]
        carry[one.bottom] = source if begins is None else [source, begins]
    over, constant = (
        {name: reads[place] for name, place in pairs} for pairs in (loop.over, loop.constant)
    )
    return Roles(over, carry, constant, body.top_names)


def wirings_of(net: NetSpec) -> list[Wiring]:
    """Return the net in states in which, together, every layer exists."""
    wirer = Wirer(net, net.types)
    return [wirer.wire(state) for state in dict.fromkeys(_states(net))]


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


def escaped(value: Any) -> Any:
    """Return plain data in which a dollar is written as the language writes it."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(item) for item in value]
    return value
