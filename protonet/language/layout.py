"""The flat net that expansion writes: layers in order, frames, and how each came to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from protonet.language.expanded import LayerData
from protonet.language.frames import Enter, Frame, Leave, Loop, Plan, Run, Step, Use, instances
from protonet.language.scope import Scope
from protonet.language.substitute import size
from protonet.source import Marks

Bottoms = tuple[tuple[str, str | None], ...]
Tops = tuple[tuple[str, str], ...]
_ALWAYS: Mapping[str, Any] = MappingProxyType({})
VALUES_OF_A_LAYER = 40
"""Values that a layer may hold on an average before a net counts as larger than it is long."""


@dataclass(slots=True)
class Layout:
    """Layers and frames so far.

    Attributes:
        layers: plain data of each layer, under its full name.
        marks: where each was written.
        trails: the uses of blocks that made each.
        steps: in which order they run.
        frames: every frame; None while it is open.
        frame_marks: where each frame's instance was written, and the uses around it.
        values: how many values the layers hold.
    """

    layers: list[Any] = field(default_factory=list)
    marks: list[Marks] = field(default_factory=list)
    trails: list[tuple[Use, ...]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    frames: list[Frame | None] = field(default_factory=list)
    frame_marks: list[tuple[Marks, tuple[Use, ...]]] = field(default_factory=list)
    values: int = 0

    @property
    def size(self) -> int:
        """Return how many layers and frames there are; many values count as further layers."""
        return max(len(self.layers) + len(self.frames), self.values // VALUES_OF_A_LAYER)

    def add(self, data: Any, marks: Marks, scope: Scope) -> None:
        """Add a layer."""
        if isinstance(data, dict):
            data = LayerData(data)
            data.hidden = {"instances": instances(scope.trail)} if scope.trail else {}
        self.values += size(data)
        self.steps.append(Run(len(self.layers)))
        self.layers.append(data)
        self.marks.append(marks)
        self.trails.append(scope.trail)

    def enter(self, marks: Marks, scope: Scope) -> tuple[int, int]:
        """Begin a frame; return its place, and that of its first layer."""
        self.steps.append(Enter(len(self.frames)))
        self.frames.append(None)
        self.frame_marks.append((marks, scope.trail))
        return len(self.frames) - 1, len(self.layers)

    def leave(
        self,
        opened: tuple[int, int],
        name: str,
        bottoms: Bottoms,
        tops: Tops,
        loop: Loop | None = None,
    ) -> None:
        """End a frame."""
        place, first = opened
        layers = range(first, len(self.layers))
        self.frames[place] = Frame(name, layers, bottoms, tops, loop=loop)
        self.steps.append(Leave(place))

    def rename(
        self,
        marks: Marks,
        scope: Scope,
        pairs: tuple[tuple[str | None, str], ...],
        when: Mapping[str, Any] = _ALWAYS,
    ) -> None:
        """Give blobs of a scope further names: pairs of the old one (None: the nearest above that
        fits) and the new one; `when` has the keys phase, include and exclude."""
        place, first = self.enter(marks, scope)
        bottoms = tuple((f"{number}", old) for number, (old, _) in enumerate(pairs))
        tops = tuple((f"{number}", new) for number, (_, new) in enumerate(pairs))
        self.frames[place] = Frame("", range(first, first), bottoms, tops, when=dict(when))
        self.steps.append(Leave(place))

    def unknown(self, marks: Marks, scope: Scope, name: str) -> None:
        """Add an instance of which nothing is known but that it is wrong."""
        place, first = self.enter(marks, scope)
        names = ((name, name),)
        self.frames[place] = Frame(name, range(first, first), (), names, is_known=False)
        self.steps.append(Leave(place))

    def plan(self, blocks: tuple[str, ...]) -> Plan:
        """Return the order in which all runs."""
        frames = tuple(frame for frame in self.frames if frame is not None)
        return Plan(tuple(self.steps), frames, blocks)
