"""Plain data under construction, each node with its place in the prototxt it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from protonet.problems import Mark
from protonet.source import Marks


@dataclass(slots=True)
class Marked:
    """A value as it would stand in YAML, and where it and everything below it was written.

    Attributes:
        data: a map, a list, or a single value.
        marks: its places.
    """

    data: Any
    marks: Marks

    def put(self, key: str, value: Marked, key_mark: Mark | None = None) -> None:
        """Add an entry to a map; `key_mark` is where its name stands."""
        value.marks.key = key_mark
        self.data[key] = value.data
        self.marks.children[key] = value.marks

    def __contains__(self, key: str) -> bool:
        return key in self.data


def leaf(data: Any, mark: Mark) -> Marked:
    """Return a value that stands in one place as a whole."""
    return Marked(data, Marks(mark))


def mapping(mark: Mark) -> Marked:
    """Return an empty map."""
    return Marked({}, Marks(mark))


def listing(items: Iterable[Marked], mark: Mark) -> Marked:
    """Return a list of values that stand in places of their own."""
    items = list(items)
    marks = Marks(mark, children={place: item.marks for place, item in enumerate(items)})
    return Marked([item.data for item in items], marks)
