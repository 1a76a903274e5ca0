"""Bounds on a YAML text, checked on its events before anything is built from it.

libyaml's composer recurses in C and dies on nesting deeper than some 20,000; aliases can unfold a
small text to any size (the "billion laughs"); an alias inside its own anchor never ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from protonet.errors import SpecError
from protonet.problems import Mark, Problem, SourceText

MOST_CHARACTERS = 4_000_000
MOST_DEPTH = 60
MOST_NODES = 1_000_000
MOST_ENTRIES = 25_000
"""Entries of one map or list; a net has fewer layers."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Open:
    """A map or list whose end has not come yet; an entry of a map has two parts."""

    anchor: str | None
    parts: int = 1
    nodes: int = 1
    inside: int = 0

    @property
    def entries(self) -> int:
        """Return how many entries have been read."""
        return self.inside // self.parts


class _Growth:
    """Counts nodes as they would be after every alias is unfolded."""

    def __init__(self) -> None:
        self.open: list[_Open] = []
        self.sizes: dict[str, int] = {}
        self.total = 0

    def add(self, anchor: str | None, nodes: int = 1) -> None:
        if anchor:
            self.sizes[anchor] = nodes
        if self.open:
            self.open[-1].nodes += nodes
            self.open[-1].inside += 1
        else:
            self.total += nodes

    def start(self, anchor: str | None, parts: int) -> None:
        self.open.append(_Open(anchor, parts))

    def end(self) -> None:
        closed = self.open.pop()
        self.add(closed.anchor, closed.nodes)

    def alias(self, anchor: str) -> str:
        """Count an alias; return why it is refused, or nothing."""
        if any(item.anchor == anchor for item in self.open):
            return f"*{anchor} stands inside &{anchor} itself, so it would never end"
        self.add(None, self.sizes.get(anchor, 1))
        return ""

    def refusal(self) -> str:
        """Return what has grown too far, or nothing."""
        if len(self.open) > MOST_DEPTH:
            return f"lists and maps nest deeper than {MOST_DEPTH} levels"
        if self.total + (self.open[-1].nodes if self.open else 0) > MOST_NODES:
            return f"the aliases unfold to more than {MOST_NODES:,} values"
        if self.open and self.open[-1].entries > MOST_ENTRIES:
            return f"one map or list has more than {MOST_ENTRIES:,} entries"
        return ""


def check_limits(text: str, source: SourceText) -> None:
    """Refuse a text that is too long, nests too deep, or whose aliases grow without bound.

    Raises: SpecError. A syntax error is left to the composer, which describes it.
    """
    if len(text) > MOST_CHARACTERS:
        why = f"the text has {len(text):,} characters; a spec has at most {MOST_CHARACTERS:,}"
        raise _refusal(Mark(source, 1, 1, 2), why)
    growth = _Growth()
    try:
        for event in yaml.parse(text, Loader=_Loader):
            why = _count(growth, event) or growth.refusal()
            if why:
                raise _refusal(_place(event, source), why)
    except yaml.YAMLError:
        return


def _count(growth: _Growth, event: yaml.Event) -> str:
    """Count one event; return why it is refused, or nothing."""
    match event:
        case yaml.MappingStartEvent():
            growth.start(event.anchor, parts=2)
        case yaml.SequenceStartEvent():
            growth.start(event.anchor, parts=1)
        case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
            growth.end()
        case yaml.AliasEvent():
            return growth.alias(event.anchor or "")
        case yaml.ScalarEvent():
            growth.add(event.anchor)
    return ""


def _place(event: yaml.Event, source: SourceText) -> Mark:
    start = event.start_mark
    line, column = (start.line + 1, start.column + 1) if start else (1, 1)
    return Mark(source, line, column, column + 1)


def _refusal(mark: Mark, why: str) -> SpecError:
    return SpecError([Problem("PN004", mark, "", why)], mark.source.name)
