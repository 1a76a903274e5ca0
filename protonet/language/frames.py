"""What is left of blocks when they are expanded: the order in which layers run, and around those of
each instance a frame, in which a name means the block's own bottoms and blobs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from protonet.problems import Mark

OWN_NAME = "."
"""The inner layer of this name takes its instance's name."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One instance of a block; or, around no layer, other names for blobs that exist.

    Attributes:
        name: full name of the instance, `res2a/a`.
        layers: positions of the layers that lie in it, inner instances included.
        bottoms: what each bottom of the block means: its name inside, and the name in the frame
            around it; None for the nearest blob above that fits.
        tops: what the frame around it sees: the name inside, and the name there.
        is_known: false where the instance could not be expanded: nothing is known of its blobs.
    """

    name: str
    layers: range
    bottoms: tuple[tuple[str, str | None], ...]
    tops: tuple[tuple[str, str], ...]
    is_known: bool = True

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
