"""What the bottoms of a net are called, written or not: the language's rules for chaining, found
once for all phases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile

from protonet.errors import Path, PathError
from protonet.language import Enter, Frame, Leave, Loop, Run
from protonet.layers.record import LayerType
from protonet.records import suggestion
from protonet.spec.net import NetSpec
from protonet.spec.state import PHASES, Phase

ROOT = Frame("", range(0), (), ())
"""Stands for the net itself, around all instances."""
_ALL = frozenset[Phase](PHASES)


@dataclass(frozen=True, slots=True)
class Made:
    """One time that a name is given to a blob.

    Attributes:
        step: when, counted in the steps of the plan.
        phases: in which it exists.
        maker: the layer, or the instance, in words.
        is_plain: false for what a loss or metric gives.
    """

    step: int
    phases: frozenset[Phase]
    maker: str
    is_plain: bool = True


@dataclass(slots=True)
class Room:
    """The names inside one frame.

    Attributes:
        frame: the frame; `ROOT` for the net.
        made: everything that gives a name, in order.
        chain: what a layer without bottoms may read, in order: names and their phases.
        first: what it reads where nothing of the chain fits.
        unknown: local names of instances of which nothing is known.
        loops: local names of recurrent layers, whose blobs are made anew in every step.
    """

    frame: Frame
    first: str | None = None
    made: dict[str, list[Made]] = field(default_factory=dict)
    chain: list[tuple[str, frozenset[Phase]]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    loops: list[str] = field(default_factory=list)

    def add(self, name: str, made: Made) -> None:
        """Take a name into account."""
        self.made.setdefault(name, []).append(made)

    def phases(self, name: str) -> frozenset[Phase]:
        """Return the phases in which a name exists."""
        return frozenset[Phase]().union(*(made.phases for made in self.made.get(name, ())))

    def chained(self, phases: frozenset[Phase]) -> str | None:
        """Return the nearest name above that exists in all these phases."""
        for name, known in reversed(self.chain):
            if phases <= known:
                return name
        return self.first

    def hides(self, name: str) -> bool:
        """Return whether a name may be a blob of an instance of which nothing is known."""
        return any(name == other or name.startswith(f"{other}/") for other in self.unknown)

    def why(self, name: str, step: int, phase: Phase) -> tuple[str, str]:
        """Return why a name means nothing at a step in a phase, and what would be right."""
        makers = self.made.get(name, ())
        for loop in self.loops:
            if name.startswith(f"{loop}/") and not makers:
                why = f"{name} is made anew in every step of {loop}, and is no blob outside"
                return why, "name it among the tops of the block"
        above = [made for made in makers if made.step < step]
        if above:
            only = ", ".join(sorted(above[-1].phases, key=PHASES.index))
            return (
                f"the blob {name} does not exist in phase {phase}",
                f"{above[-1].maker} gives it "
                + (f"in phase {only} only" if only else "in other stages or levels only"),
            )
        if makers:
            hint = "layers run in the order of the file: move one of them"
            return f"the blob {name} is made only below, by {makers[0].maker}", hint
        known = takewhile(lambda other: self.made[other][0].step < step, self.made)
        if self.frame is ROOT:
            return f"no input or layer above gives a blob {name}", suggestion(name, known)
        hint = suggestion(name, known)
        if not hint.startswith("did"):
            hint = f"inside a block only its own names count; {hint}"
        return f"nothing above in this block gives a blob {name}", hint


class Names:
    """Every bottom's name, as it is called in the frame of its layer.

    Args:
        net: the net.
        layers: the table of layer types.

    Attributes:
        bottoms: for each layer, the names of its bottoms.
        frame_bottoms: for each frame, its bottoms' names inside and around it.
        rooms: the names inside each frame.
        root: the names of the net itself.
        errors: what is wrong in every phase alike.
        phases: for each layer, in which it exists.
        loops: for each recurrent layer, by its position, how it applies its block.
        ran: by its name, the first layer that has tops, and at which step it runs.
    """

    def __init__(self, net: NetSpec, layers: Mapping[str, LayerType]) -> None:
        self.net, self.layers = net, layers
        self.errors: list[PathError] = []
        self.ran: dict[str, tuple[int, int]] = {}
        level, stages = net.state.level, frozenset(net.state.stage)
        self.phases = [frozenset(layer.phases(level, stages)) for layer in net.layers]
        self.bottoms: list[tuple[str, ...]] = [() for _ in net.layers]
        self.rooms = [Room(frame) for frame in net.plan.frames]
        self.frame_bottoms: list[tuple[tuple[str, str], ...]] = [() for _ in self.rooms]
        loops = [frame.loop for frame in net.plan.frames if frame.loop is not None]
        self.loops: dict[int, Loop] = {loop.layer: loop for loop in loops}
        self.root = Room(ROOT, next(iter(net.inputs), None))
        for name in net.inputs:
            self.root.add(name, Made(-1, _ALL, "an input"))
        self._walk()

    def _walk(self) -> None:
        stack = [self.root]
        for position, step in enumerate(self.net.plan.steps):
            match step:
                case Run(layer):
                    self._run(layer, position, stack)
                case Enter(frame):
                    self._enter(frame, position, stack[-1])
                    stack.append(self.rooms[frame])
                case Leave(frame):
                    self._leave(frame, position, stack.pop(), stack)

    def tops(self, index: int) -> tuple[str, ...]:
        """Return the full names of a layer's tops, written or not."""
        layer = self.net.layers[index]
        if layer.top is not None:
            return layer.top
        kind = self.layers.get(layer.type)
        return () if kind and kind.tops.most == 0 else (layer.name,)

    def _run(self, index: int, position: int, stack: list[Room]) -> None:
        layer, kind = self.net.layers[index], self.layers.get(self.net.layers[index].type)
        room, tops = stack[-1], self.tops(index)
        if layer.bottom is not None or kind is None or not kind.bottoms.admits(1):
            self.bottoms[index] = layer.bottom or ()
        else:
            path = ("net", "layers", index, "bottom")
            self.bottoms[index] = self._chained(room, self.phases[index], path)
        is_plain = kind is None or kind.kind == "layer"
        made = Made(position, self.phases[index], f"layer {layer.name}", is_plain)
        _give(tops, made, stack)
        if tops:
            self.ran.setdefault(layer.name, (index, position))
        if tops and is_plain:
            room.chain.append((room.frame.local(tops[0]), self.phases[index]))

    def _chained(self, room: Room, phases: frozenset[Phase], path: Path) -> tuple[str, ...]:
        name = room.chained(phases)
        if name is None:
            why, hint = (
                "there is nothing above to read",
                "give the net inputs: {data: [3, 224, 224]}",
            )
            if room.frame is not ROOT:
                hint = "write bottom: […], or give the block bottoms"
            self.errors.append(PathError("PN023", path, why, hint=hint))
        return () if name is None else (name,)

    def _enter(self, index: int, position: int, around: Room) -> None:
        frame, room = self.net.plan.frames[index], self.rooms[index]
        room.first = frame.bottoms[0][0] if frame.bottoms else None
        if frame.loop is not None:
            for name, _ in frame.bottoms:
                room.add(name, Made(position, _ALL, "the block's bottom"))
            return
        inside = self._phases_of(index)
        bottoms = []
        for name, written in frame.bottoms:
            path = ("net", "frames", index, "bottom")
            given: tuple[str, ...] = (written,) if written is not None else ()
            given = given or self._chained(around, inside, path)
            for outer in given:
                bottoms.append((name, outer))
                last = around.made.get(outer, [Made(position, _ALL, "")])[-1]
                phases = around.phases(outer) or _ALL
                phases &= _ALL if frame.layers else inside
                room.add(name, Made(position, phases, "the block's bottom", last.is_plain))
        self.frame_bottoms[index] = tuple(bottoms)

    def _phases_of(self, index: int) -> frozenset[Phase]:
        """Return the phases in which an instance has layers, or names are given."""
        frame, states = self.net.plan.frames[index], map(self.net.net_state, PHASES)
        if not frame.layers:
            return frozenset(one.phase for one in states if self.net.renames_in(index, one))
        return frozenset[Phase]().union(*(self.phases[layer] for layer in frame.layers))

    def _leave(self, index: int, position: int, room: Room, stack: list[Room]) -> None:
        frame, around = self.net.plan.frames[index], stack[-1]
        if frame.loop is not None:
            self._leave_loop(frame.loop, room, stack)
            return
        for place, (inner, outer) in enumerate(frame.tops):
            if not frame.is_known:
                around.unknown.append(outer)
                continue
            if inner not in room.made:
                if frame.layers and not room.hides(inner):
                    self._no_such_top(inner, room, ("net", "frames", index, "type"))
                around.unknown.append(outer)
                continue
            last = room.made[inner][-1]
            phases = room.phases(inner) & self._phases_of(index)
            made = Made(position, phases, f"instance {frame.name}", last.is_plain)
            _give([around.frame.full(outer)], made, stack)
            if place == 0 and last.is_plain:
                around.chain.append((outer, made.phases))

    def _leave_loop(self, loop: Loop, room: Room, stack: list[Room]) -> None:
        """Look whether a step gives what is asked of it; its blobs have no names outside."""
        path: Path = ("net", "layers", loop.layer)
        asked = [(inner, (*path, "block")) for inner, _ in room.frame.tops]
        asked += [(one.source, (*path, "carry", one.bottom)) for one in loop.carry]
        for name, place in asked:
            if name not in room.made and not room.hides(name):
                self._no_such_top(name, room, place)
        for around in _in_sight(stack):
            around.loops.append(around.frame.local(room.frame.name))
        if room.frame.layers:
            inside = (self.phases[layer] for layer in room.frame.layers)
            self.phases[loop.layer] &= frozenset[Phase]().union(*inside)

    def _no_such_top(self, inner: str, room: Room, path: Path) -> None:
        why = f"the block gives no blob {inner}"
        self.errors.append(PathError("PN033", path, why, hint=suggestion(inner, room.made)))


def _in_sight(stack: list[Room]) -> Iterable[Room]:
    """Yield the innermost frame and those around it, up to the step of a recurrent layer."""
    for room in reversed(stack):
        yield room
        if room.frame.loop is not None:
            return


def _give(names: Iterable[str], made: Made, stack: list[Room]) -> None:
    """Make full names known in a frame and in all around it."""
    for full in names:
        for room in _in_sight(stack):
            room.add(room.frame.local(full), made)
