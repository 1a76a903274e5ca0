"""What the blobs of a net are called without blocks: names that mean the same in every phase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from protonet.language import Loop, frames_around
from protonet.look.aliases import NET, Aliases, full, local
from protonet.spec.kept import wirer_of
from protonet.spec.layer import LayerSpec
from protonet.spec.net import NetSpec
from protonet.spec.nodes import FROM_NOTHING, Body, FlatNames, Node, Wiring
from protonet.spec.state import PHASES, Presence, Rule, State
from protonet.spec.wiring import Wirer


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that is read.

    Attributes:
        layer: position of the layer that reads it.
        role: `bottom`; of a recurrent layer also `top` and `carry`, what it takes of a step.
        place: which of them.
    """

    layer: int
    role: str
    place: int


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


class FlatNaming:
    """Names for everything that the layers of a net read.

    A blob's own name is taken if it means the same in every phase; else `layer:NAME` or
    `input:NAME`; and where that is not one blob in all phases, the name that the blocks give it is
    kept.

    Args:
        net: the net.

    Attributes:
        reads: the bottoms of each layer, by its position; those inside a step by names there.
        roles: what is called how of each recurrent layer, by its position.
        aliases: the names that are kept.
    """

    def __init__(self, net: NetSpec) -> None:
        self.net, wirer = net, wirer_of(net)
        self._names = wirer.names
        self._around = frames_around(net.plan)
        self._loops = {
            frame.loop.layer: (place, frame.loop)
            for place, frame in enumerate(net.plan.frames)
            if frame.loop is not None
        }
        self.aliases = Aliases(wirer.names)
        for name in (*net.deploy.inputs, *net.deploy.outputs) if net.deploy else ():
            self.aliases.keep((NET, name))
        chosen = self._chosen(_possible(wirings_of(net, wirer)))
        self.reads = _by_layer(chosen)
        self.roles = {
            layer: _roles(loop, chosen, layer)
            for layer, (_, loop) in self._loops.items()
            if layer in self.reads
        }

    def _chosen(self, possible: Mapping[Asked, FlatNames]) -> dict[Asked, str]:
        """Return a name for everything, none of them one that is kept for something else."""
        while True:
            known = len(self.aliases.kept)
            chosen = {asked: self._choice(asked, names) for asked, names in possible.items()}
            if len(self.aliases.kept) == known:
                return chosen

    def _choice(self, asked: Asked, names: FlatNames) -> str:
        if names and not self.aliases.kept:
            return names[0]
        frame, written = self._written(asked)
        ground = self._ground(frame)
        outermost = self.aliases.frame(ground)
        for name in names:
            if (ground, full(outermost, name)) not in self.aliases.kept:
                return name
        own = full(self.aliases.frame(frame), written)
        self.aliases.keep((ground, own))
        return local(outermost, own)

    def _written(self, asked: Asked) -> tuple[int, str]:
        """Return the place of the frame in which something is read, and its name there."""
        if asked.role == "bottom":
            frame = (NET, *self._around[asked.layer])[-1]
            return frame, self._names.bottoms[asked.layer][asked.place]
        frame, loop = self._loops[asked.layer]
        if asked.role == "top":
            return frame, self.net.plan.frames[frame].tops[asked.place][0]
        return frame, loop.carry[asked.place].source

    def _ground(self, frame: int) -> int:
        """Return the place of the innermost loop around a frame, or the net."""
        frames = self.net.plan.frames
        if frame == NET or frames[frame].loop is not None:
            return frame
        around = self._around[frames[frame].layers.start]
        return next(
            (
                place
                for place in reversed(around[: around.index(frame)])
                if frames[place].loop is not None
            ),
            NET,
        )


def _by_layer(chosen: Mapping[Asked, str]) -> dict[int, tuple[str, ...]]:
    reads: dict[int, tuple[str, ...]] = {}
    for asked, name in chosen.items():
        if asked.role == "bottom":
            reads[asked.layer] = (*reads.get(asked.layer, ()), name)
    return reads


def _roles(loop: Loop, chosen: Mapping[Asked, str], layer: int) -> Roles:
    carry = dict[str, Any]()
    for place, one in enumerate(loop.carry):
        source = chosen[Asked(layer, "carry", place)]
        shape = None if one.shape is None else list(one.shape)
        begins = shape if one.first is None else chosen[Asked(layer, "bottom", one.first)]
        carry[one.bottom] = source if begins is None else [source, begins]
    over, constant = (
        {name: chosen[Asked(layer, "bottom", place)] for name, place in pairs}
        for pairs in (loop.over, loop.constant)
    )
    tops = (asked for asked in chosen if asked.layer == layer and asked.role == "top")
    return Roles(over, carry, constant, tuple(chosen[asked] for asked in tops))


def _possible(wirings: Iterable[Wiring]) -> dict[Asked, FlatNames]:
    """Return the names that mean the same in all of these states, the plainest first."""
    possible: dict[Asked, FlatNames] = {}
    for wiring in wirings:
        for asked, names in _asked(wiring.all_nodes()):
            common = possible.get(asked, names)
            possible[asked] = tuple(name for name in common if name in names)
    return possible


def _asked(nodes: Iterable[Node]) -> Iterator[tuple[Asked, FlatNames]]:
    """Yield what is read in one state, each with the names that mean it there."""
    for node in nodes:
        if any(bottom.layer == FROM_NOTHING for bottom in node.bottoms):
            continue
        for place, names in enumerate(node.reads):
            yield Asked(node.index, "bottom", place), names
        if node.body is not None:
            yield from _asked_of_step(node.index, node.body)


def _asked_of_step(layer: int, body: Body) -> Iterator[tuple[Asked, FlatNames]]:
    for place, names in enumerate(body.top_names):
        yield Asked(layer, "top", place), names
    for place, names in enumerate(body.carried_names):
        yield Asked(layer, "carry", place), names


def wirings_of(net: NetSpec, wirer: Wirer) -> list[Wiring]:
    """Return the net in states in which, together, every layer exists."""
    return [wirer.wire(state) for state in dict.fromkeys(_states(net))]


def _states(net: NetSpec) -> Iterator[State]:
    """Yield states in which, together, every layer exists, the usual ones first."""
    yield from (net.net_state(phase) for phase in PHASES)
    conditional: list[LayerSpec | Presence] = [*net.layers, *net.presences.values()]
    for rule in (rule for one in conditional for rule in (*one.include, *one.exclude)):
        for level, stages in product(_levels(rule, net.state.level), (rule.stage, rule.not_stage)):
            yield from (State(phase, level, frozenset(stages)) for phase in PHASES)


def _levels(rule: Rule, usual: int) -> list[int]:
    """Return levels of which the rule admits one at least, and another not, if it asks for any."""
    least = [] if rule.min_level is None else [rule.min_level, rule.min_level - 1]
    most = [] if rule.max_level is None else [rule.max_level, rule.max_level + 1]
    return [*least, *most] or [usual]
