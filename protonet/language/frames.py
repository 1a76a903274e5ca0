"""What is left of blocks when they are expanded: the order in which layers run, and around those of
each instance a frame, in which a name means the block's own bottoms and blobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from protonet.problems import Mark

OWN_NAME = "."
"""The inner layer of this name takes its instance's name."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A bottom of a block that each step hands to the next.

    Attributes:
        bottom: its name inside.
        source: the name inside of what takes its place in the next step.
        first: which bottom of the recurrent layer is its first value; None for zeros.
        shape: of these zeros, written as an input's; None where it follows from the block.
    """

    bottom: str
    source: str
    first: int | None = None
    shape: tuple[int | str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """How a recurrent layer applies a block along an axis.

    Attributes:
        layer: position of the recurrent layer, which stands behind the layers of its block.
        over: the block's bottoms that get one step, each with its place among the layer's bottoms.
        constant: those that get the whole of a blob in each step, likewise.
        carry: those that are handed from step to step.
    """

    layer: int
    over: tuple[tuple[str, int], ...]
    constant: tuple[tuple[str, int], ...]
    carry: tuple[Carried, ...]

    def key(self, place: int) -> tuple[str | int, ...]:
        """Return the key of the recurrent layer that names the bottom at a place."""
        for role, pairs in (("over", self.over), ("constant", self.constant)):
            for name, other in pairs:
                if place == other:
                    return role, name
        return "carry", next(one.bottom for one in self.carry if one.first == place), 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One instance of a block; or, around no layer, other names for blobs that exist.

    Attributes:
        name: full name of the instance, `res2a/a`.
        layers: positions of the layers that lie in it, inner instances included.
        bottoms: what each bottom of the block means: its name inside, and the name in the frame
            around it; None for the nearest blob above that fits, and in a loop.
        tops: what the frame around it sees: the name inside, and the name there; in a loop it is
            stacked along the axis, and the layer's further tops are what was carried at last.
        is_known: false where the instance could not be expanded: nothing is known of its blobs.
        loop: how the block is applied along an axis; None for one that is used once.
        when: around no layer, the keys that say when the other names are given: phase, include,
            exclude.
    """

    name: str
    layers: range
    bottoms: tuple[tuple[str, str | None], ...]
    tops: tuple[tuple[str, str], ...]
    is_known: bool = True
    loop: Loop | None = None
    when: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def prefix(self) -> str:
        """Return what the full names of its layers begin with."""
        return f"{self.name}/" if self.name else ""

    def full(self, local: str) -> str:
        """Return a name of the inside as it is called outside of everything."""
        return self.name if self.name and local == OWN_NAME else self.prefix + local

    def local(self, full: str) -> str:
        """Return a full name as it is called inside."""
        if self.name and full == self.name:
            return OWN_NAME
        return full.removeprefix(self.prefix)


@dataclass(frozen=True, slots=True)
class Enter:
    """A frame begins; `frame` is its place in the list of frames."""

    frame: int


@dataclass(frozen=True, slots=True)
class Leave:
    """A frame ends."""

    frame: int


@dataclass(frozen=True, slots=True)
class Run:
    """The layer at this position runs."""

    layer: int


Step = Enter | Leave | Run


@dataclass(frozen=True, slots=True)
class Plan:
    """The order in which a net's layers run.

    Attributes:
        steps: layers, and where frames begin and end.
        frames: every frame.
        blocks: names of the blocks, which may be used like layer types.
    """

    steps: tuple[Step, ...]
    frames: tuple[Frame, ...] = ()
    blocks: tuple[str, ...] = ()

    @property
    def layers(self) -> int:
        """Return how many layers run."""
        return len(self.steps) - 2 * len(self.frames)


def frames_around(plan: Plan) -> list[tuple[int, ...]]:
    """Return for each layer the places of the frames that it lies in, the outermost first."""
    around: list[tuple[int, ...]] = [()] * plan.layers
    open_now: tuple[int, ...] = ()
    for step in plan.steps:
        match step:
            case Enter(frame):
                open_now = (*open_now, frame)
            case Leave():
                open_now = open_now[:-1]
            case Run(layer):
                around[layer] = open_now
    return around


def plain_plan(layers: int) -> Plan:
    """Return the plan of so many layers without a block."""
    return Plan(tuple(Run(layer) for layer in range(layers)))


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a block: how an instance came to be."""

    block: str
    instance: str
    mark: Mark

    def __str__(self) -> str:
        return f"in block {self.block}, used as {self.instance} in {self.mark}"


def instances(trail: Iterable[Use]) -> tuple[str, ...]:
    """Return the names of the instances that a chain of uses makes, outermost first."""
    return tuple(use.instance for use in trail)
