"""Two specs over each other: maps merge, lists replace, the layers of a net merge by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protonet.errors import Path
from protonet.problems import Mark, Problem
from protonet.records import shortened, suggestion
from protonet.source import Marks

LAYERS: Path = ("net", "layers")
_PLACING = ("after", "before", "remove")
"""Keys that say what becomes of a layer, and are no part of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a spec: plain data, and where it stands."""

    data: Any
    marks: Marks


def merge(base: Part, over: Part, problems: list[Problem], path: Path = ()) -> Part:
    """Return `base` changed by `over`.

    A map of another `type` is another thing and replaces; so does every list but `net.layers`.

    Args:
        base: what is changed.
        over: what changes it, and wins.
        problems: what fits nothing is added to it.
        path: where both stand in the spec.
    """
    if path == LAYERS and isinstance(base.data, list) and isinstance(over.data, list):
        return _Layers(base, over.marks, problems).merged(over)
    if not isinstance(base.data, dict) or not isinstance(over.data, dict):
        return over
    if "type" in over.data and over.data["type"] != base.data.get("type"):
        return over
    data = dict(base.data)
    marks = Marks(over.marks.value, over.marks.key, dict(base.marks.children))
    for key, value in over.data.items():
        new = Part(value, over.marks.children[key])
        if key in data:
            new = merge(Part(data[key], marks.children[key]), new, problems, (*path, key))
        data[key], marks.children[key] = new.data, new.marks
    return Part(data, marks)


class _Layers:
    """The layers of a base while those of another file are merged into them."""

    def __init__(self, base: Part, marks: Marks, problems: list[Problem]) -> None:
        self.items = [Part(item, base.marks.children[i]) for i, item in enumerate(base.data)]
        self.marks, self.problems = marks, problems

    def merged(self, over: Part) -> Part:
        for place, item in enumerate(over.data):
            self._merge(Part(item, over.marks.children[place]))
        marks = Marks(self.marks.value, self.marks.key)
        marks.children.update({i: item.marks for i, item in enumerate(self.items)})
        return Part([item.data for item in self.items], marks)

    def _merge(self, new: Part) -> None:
        if not isinstance(new.data, dict) or not isinstance(new.data.get("name"), str):
            self.items.append(new)  # the models say what is wrong with it
            return
        name = new.data["name"]
        found = self._find(name, new.marks.children["name"].value, missing_is_wrong=False)
        if new.data.get("remove") is True:
            self._remove(name, new)
            return
        if not isinstance(new.data.get("remove", False), bool):
            mark, why = new.marks.children["remove"].value, "true or false is needed"
            got = shortened(new.data["remove"])
            self.problems.append(Problem("PN010", mark, f"net.layers.{name}.remove", why, got))
        changed = self._without_placing(new)
        if found is not None:
            changed = merge(self.items[found], changed, self.problems)
        place = self._place(new, found)
        if place is None:
            place = len(self.items) if found is None else found
            if found is not None:
                del self.items[found]
        elif found is not None:
            del self.items[found]
            place = self._place(new, found) or 0
        self.items.insert(place, changed)

    def _without_placing(self, new: Part) -> Part:
        data = {key: value for key, value in new.data.items() if key not in _PLACING}
        children = {key: new.marks.children[key] for key in data}
        return Part(data, Marks(new.marks.value, new.marks.key, dict(children)))

    def _remove(self, name: str, new: Part) -> None:
        found = self._find(name, new.marks.children["name"].value)
        for key in new.data.keys() - {"name", "remove"}:
            mark = new.marks.children[key].key
            self._refuse(mark, f"{name}.{key}", "a layer that is removed has no other keys", "")
        if found is not None:
            del self.items[found]

    def _place(self, new: Part, found: int | None) -> int | None:
        """Return where `after` or `before` puts a layer; None where neither is written."""
        place = None
        for key, step in (("after", 1), ("before", 0)):
            if key in new.data:
                other = self._find(new.data[key], new.marks.children[key].value)
                place = None if other is None else other + step
        if "after" in new.data and "before" in new.data:
            mark = new.marks.children["before"].key
            self._refuse(mark, f"{new.data['name']}.before", "after and before contradict", "")
        return place

    def _find(self, name: Any, mark: Mark, *, missing_is_wrong: bool = True) -> int | None:
        names = [item.data.get("name") for item in self.items if isinstance(item.data, dict)]
        where = [
            i
            for i, item in enumerate(self.items)
            if isinstance(item.data, dict) and item.data.get("name") == name
        ]
        if len(where) > 1:
            why = f"{len(where)} layers of the base are named {name}"
            self._refuse(mark, str(name), why, "give the list of layers anew")
        elif not where and missing_is_wrong:
            hint = suggestion(name, (str(known) for known in names), most=8)
            shown = name if isinstance(name, str) else shortened(name)
            self._refuse(mark, shown, f"the base has no layer {shown}", hint)
        return where[0] if where else None

    def _refuse(self, mark: Mark | None, path: str, why: str, hint: str) -> None:
        self.problems.append(Problem("PN034", mark, f"net.layers.{path}", why, "", hint))
