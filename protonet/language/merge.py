"""Two specs over each other: maps merge, lists replace, layers merge by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protonet.errors import Path
from protonet.problems import Mark, Problem
from protonet.records import shortened, suggestion
from protonet.source import Marks

PLACING = ("after", "before", "remove")
"""Keys that say what becomes of a layer, and are no part of it."""


def _merges_by_name(path: Path, over: Part) -> bool:
    """Return whether a list changes layers of the base: the net's does, a block's where one of its
    layers has no type, or a place; else the block is defined anew."""
    if path == ("net", "layers"):
        return True
    in_block = len(path) == 4 and path[:2] == ("net", "blocks") and path[3] == "layers"
    return in_block and any(_is_change(layer) for layer in over.data)


def _is_change(layer: Any) -> bool:
    placed = isinstance(layer, dict) and any(key in layer for key in PLACING)
    return placed or (isinstance(layer, dict) and "type" not in layer)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a spec: plain data, and where it stands."""

    data: Any
    marks: Marks


def merge(base: Part, over: Part, problems: list[Problem], path: Path = ()) -> Part:
    """Return `base` changed by `over`.

    A map of another `type` is another thing and replaces; so does every list but the layers of the
    net, and a list of a block's layers that changes some of them.

    Args:
        base: what is changed.
        over: what changes it, and wins.
        problems: what fits nothing is added to it.
        path: where both stand in the spec.
    """
    both = isinstance(base.data, list) and isinstance(over.data, list)
    if both and _merges_by_name(path, over):
        return _Layers(base, over.marks, problems, path).merged(over)
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


class _Place:
    """One layer of a list that others are put into: it knows its neighbours."""

    def __init__(self, part: Part | None = None) -> None:
        self.part = part
        self.before = self.after = self

    def put(self, other: _Place) -> None:
        """Put another one, which stands nowhere, after this one."""
        other.before, other.after = self, self.after
        self.after.before = self.after = other

    def leave(self) -> None:
        """Take this one out."""
        self.before.after, self.after.before = self.after, self.before
        self.before = self.after = self


class _Layers:
    """The layers of a base while those of another file are merged into them."""

    def __init__(self, base: Part, marks: Marks, problems: list[Problem], path: Path) -> None:
        self.marks, self.problems = marks, problems
        self.path = ".".join(map(str, path))
        self.ends = _Place()  # before the first and after the last
        self.named: dict[str, list[_Place]] = {}
        for place, item in enumerate(base.data):
            self._append(Part(item, base.marks.children[place]))

    def merged(self, over: Part) -> Part:
        for place, item in enumerate(over.data):
            self._merge(Part(item, over.marks.children[place]))
        parts, layer = [], self.ends.after
        while layer.part is not None:
            parts.append(layer.part)
            layer = layer.after
        marks = Marks(self.marks.value, self.marks.key)
        marks.children.update({i: part.marks for i, part in enumerate(parts)})
        return Part([part.data for part in parts], marks)

    def _append(self, part: Part) -> _Place:
        place = _Place(part)
        self.ends.before.put(place)
        name = name_of(part)
        if name is not None:
            self.named.setdefault(name, []).append(place)
        return place

    def _merge(self, new: Part) -> None:
        name = name_of(new)
        if name is None:
            self._append(new)  # the models say what is wrong with it
            return
        found = self._find(name, new.marks.children["name"].value, missing_is_wrong=False)
        if new.data.get("remove") is True:
            self._remove(name, new, found)
            return
        if not isinstance(new.data.get("remove", False), bool):
            mark, why = new.marks.children["remove"].value, "true or false is needed"
            path, got = f"{self.path}.{name}.remove", shortened(new.data["remove"])
            self.problems.append(Problem("PN010", mark, path, why, got))
        key, other = self._neighbour(name, new)
        changed = without_placing(new)
        if found is None or found.part is None:
            found = self._append(changed)
        else:
            found.part = merge(found.part, changed, self.problems)
        if other is not None:
            found.leave()
            (other if key == "after" else other.before).put(found)

    def _remove(self, name: str, new: Part, found: _Place | None) -> None:
        if found is None and name not in self.named:
            self._find(name, new.marks.children["name"].value)
        for key in (key for key in new.data if key not in ("name", "remove")):
            mark = new.marks.children[key].key
            self._refuse(mark, f"{name}.{key}", "a layer that is removed has no other keys", "")
        if found is not None:
            found.leave()
            del self.named[name]

    def _neighbour(self, name: str, new: Part) -> tuple[str, _Place | None]:
        """Return which of `after` and `before` a layer has, and the layer that it names."""
        key, other = "", None
        for key in ("after", "before"):
            if key in new.data:
                written = new.marks.children[key].value
                if new.data[key] == name:
                    why = f"{name} cannot stand {key} itself"
                    self._refuse(written, f"{name}.{key}", why, "name another layer of the base")
                else:
                    other = self._find(new.data[key], written)
                    break
        if "after" in new.data and "before" in new.data:
            mark = new.marks.children["before"].key
            self._refuse(mark, f"{name}.before", "after and before contradict", "")
        return key, other

    def _find(self, name: Any, mark: Mark, *, missing_is_wrong: bool = True) -> _Place | None:
        places = self.named.get(name, []) if isinstance(name, str) else []
        if len(places) > 1:
            why = f"{len(places)} layers of the base are named {name}"
            self._refuse(mark, str(name), why, "give the list of layers anew")
        elif not places and missing_is_wrong:
            hint = suggestion(name, self.named, most=8)
            shown = name if isinstance(name, str) else shortened(name)
            self._refuse(mark, shown, f"the base has no layer {shown}", hint)
        return places[0] if places else None

    def _refuse(self, mark: Mark | None, path: str, why: str, hint: str) -> None:
        self.problems.append(Problem("PN034", mark, f"{self.path}.{path}", why, "", hint))


def name_of(layer: Part) -> str | None:
    """Return a layer's name; None where it has none, or is no map."""
    name = layer.data.get("name") if isinstance(layer.data, dict) else None
    return name if isinstance(name, str) else None


def without_placing(layer: Part) -> Part:
    """Return a layer without the keys that say what becomes of it."""
    data = {key: value for key, value in layer.data.items() if key not in PLACING}
    children: dict[str | int, Marks] = {key: layer.marks.children[key] for key in data}
    return Part(data, Marks(layer.marks.value, layer.marks.key, children))
