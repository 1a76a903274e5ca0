"""Where every node of a spec was written: a tree of marks beside the tree of plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from protonet.errors import Path
from protonet.problems import Mark


@dataclass(slots=True)
class Marks:
    """The place of one value, of its key where it stands in a map, and of everything below it.

    Attributes:
        value: where the value stands.
        key: where the key that leads here stands; None for list items and the root.
        children: the marks of a map's values by key, of a list's items by index.
    """

    value: Mark
    key: Mark | None = None
    children: dict[str | int, Marks] = field(default_factory=dict)

    def find(self, path: Path) -> Marks | None:
        """Return the marks at exactly this path, or None where the text has no such node."""
        marks: Marks | None = self
        for step in path:
            marks = marks.children.get(step) if marks else None
        return marks

    def nearest(self, path: Path) -> Marks:
        """Return the marks at the path, or at its nearest parent that the text has."""
        marks = self
        for step in path:
            below = marks.children.get(step)
            if below is None:
                break
            marks = below
        return marks

    def locate(self, path: Path, *, key: bool = False) -> Mark:
        """Return the place to show for a problem at the path.

        What is not in the text is shown at its nearest parent: a missing key at the key of the map
        it is missing from, a part of a scalar at the scalar.

        Args:
            path: where in the spec.
            key: show the key of the entry instead of its value.
        """
        found = self.find(path)
        if found is None:
            parent = self.nearest(path)
            return parent.key or parent.value if parent.children else parent.value
        return found.key if key and found.key else found.value
