"""A spec without blocks, variables and expressions, that still knows where everything was
written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from protonet.errors import Path
from protonet.language.frames import Plan, Use
from protonet.problems import Problem
from protonet.source import Marks

FRAMES: Path = ("net", "frames")
"""Where an error stands that concerns an instance as a whole: `("net", "frames", 3, "bottom")`."""


class LayerData(dict[str, Any]):
    """A layer's keys, with what only the expansion and the net may give it.

    Attributes:
        hidden: fields of the layer's model that are no keys of the language.
    """

    hidden: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Expanded:
    """A spec as it is validated.

    Attributes:
        name: what errors call the file.
        data: plain data; `net.layers` holds every layer under its full name.
        marks: where each node stands: an inner layer in its block.
        plan: in which order the layers run, and the frames around them.
        trails: for each layer, the uses of blocks that made it, the outermost first.
        frames: for each frame, where its instance was written, and the uses around it.
        problems: what is wrong up to here.
    """

    name: str
    data: Any
    marks: Marks
    plan: Plan | None = None
    trails: tuple[tuple[Use, ...], ...] = ()
    frames: tuple[tuple[Marks, tuple[Use, ...]], ...] = ()
    problems: tuple[Problem, ...] = ()

    def trail(self, path: Path) -> tuple[str, ...]:
        """Return how the layer at a path came to be, in words, the innermost block first."""
        uses: tuple[Use, ...] = ()
        if len(path) > 2 and isinstance(path[2], int):
            if path[:2] == ("net", "layers") and path[2] < len(self.trails):
                uses = self.trails[path[2]]
            elif path[:2] == FRAMES:
                uses = self.frames[path[2]][1]
        return tuple(map(str, reversed(uses)))

    def marks_at(self, path: Path) -> tuple[Marks, Path]:
        """Return marks, and the path below them, that a path of the spec means."""
        if path[:2] == FRAMES and len(path) > 2 and isinstance(path[2], int):
            return self.frames[path[2]][0], path[3:]
        return self.marks, path
