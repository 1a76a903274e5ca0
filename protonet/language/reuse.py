"""`base: other.yaml` and `net: other.yaml`: a spec on top of others."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from protonet.errors import ProtonetError, SpecError, UsageError
from protonet.language.merge import Part, merge
from protonet.language.placing import unplaced
from protonet.problems import Mark, Problem
from protonet.source import Marks, Origin, read_source

MOST_FILES = 20
"""Files that may build on each other in a row."""

Find = Callable[[str], Path]
"""From an address, such as `zoo://resnet18`, to the file that it means; raises a ProtonetError."""

_OF_THE_NET = ("net", "vars")
"""Sections that `net: other.yaml` takes of another file."""
_ADDRESS = "://"
"""What addresses have, and paths do not."""


def with_bases(origin: Origin, *, allow_plugins: bool = False, find: Find | None = None) -> Origin:
    """Return a spec merged over the files that it names; `base` and `net: FILE` are gone from it.

    What cannot be read, is no spec, or builds on itself is a problem of the origin's.

    Args:
        origin: the spec as it was written.
        allow_plugins: keep the plugins that the other files name; they run code.
        find: finds what is named by an address and not by a path; None where nothing is.
    """
    reuse = _Reuse(allow_plugins, find)
    part = reuse.merged(origin, (_identity(origin.path),) if origin.path else ())
    problems = tuple(dict.fromkeys((*origin.problems, *reuse.problems)))
    lost = reuse.has_lost_a_file
    return replace(origin, data=part.data, marks=part.marks, problems=problems, is_whole=not lost)


class _Reuse:
    """Reads the files that a spec builds on, and keeps what is wrong with them."""

    def __init__(self, allow_plugins: bool, find: Find | None) -> None:
        self.allow_plugins, self.find = allow_plugins, find
        self.problems: list[Problem] = []
        self.has_lost_a_file = False

    def merged(self, origin: Origin, chain: tuple[str, ...]) -> Part:
        part = Part(origin.data, origin.marks)
        for key, sections in (("net", _OF_THE_NET), ("base", None)):
            part, written = _taken(part, key)
            other = self._read(written, key, chain) if written else None
            self.has_lost_a_file |= written is not None and other is None
            if other is not None:
                below = self._plugins(_only(other, sections))
                part = merge(below, _with_plugins(below, part), self.problems)
        return unplaced(part, None if self.has_lost_a_file else self.problems)

    def _plugins(self, part: Part) -> Part:
        """Return the part of another file without its plugins, unless they are allowed."""
        if self.allow_plugins or "plugins" not in part.data:
            return part
        mark = part.marks.children["plugins"].value
        why = f"plugins run code, and {mark.source.name} is not the file that was asked for"
        hint = "--allow-plugins loads them all the same"
        self.problems.append(Problem("PN035", mark, "plugins", why, "", hint))
        return _without(part, "plugins")

    def _read(self, written: Part, key: str, chain: tuple[str, ...]) -> Part | None:
        """Return the other file, merged over those that it names; None where that cannot be."""
        mark = written.marks.value
        if not isinstance(written.data, str) or not written.data or "\0" in written.data:
            self._refuse("PN034", mark, key, "the path of one file is needed")
            return None
        try:
            file = self._file(written.data, mark)
            _check_chain(file, chain)
            other = read_source(file)
        except SpecError as error:
            self.problems += error.problems
            return None
        except ProtonetError as error:
            self._refuse("PN034", mark, key, str(error))
            return None
        self.problems += other.problems
        whole = self.merged(other, (*chain, _identity(file)))
        if key == "net" and "net" not in whole.data:
            self._refuse("PN034", mark, key, f"{file} has no net")
            return None
        return whole

    def _file(self, written: str, mark: Mark) -> Path:
        """Return the file that a path or an address means.

        Raises: UsageError, DataError, StorageError of an address.
        """
        if _ADDRESS not in written:
            return shown(mark.source.folder / written)
        if self.find is None:
            raise UsageError(f"{written}: only a file can be named here")
        return shown(self.find(written))

    def _refuse(self, code: str, mark: Mark, path: str, why: str) -> None:
        self.problems.append(Problem(code, mark, path, why))


def _with_plugins(below: Part, over: Part) -> Part:
    """Return a spec that names the plugins of the one below beside its own."""
    lists = [part for part in (over, below) if isinstance(part.data.get("plugins"), list)]
    if len(lists) < 2:
        return over
    items = [
        Part(item, part.marks.children["plugins"].children[place])
        for part in lists
        for place, item in enumerate(part.data["plugins"])
    ]
    marks = Marks(over.marks.value, over.marks.key, dict(over.marks.children))
    own = over.marks.children["plugins"]
    below_it: dict[str | int, Marks] = {place: item.marks for place, item in enumerate(items)}
    marks.children["plugins"] = Marks(own.value, own.key, below_it)
    return Part({**over.data, "plugins": [item.data for item in items]}, marks)


def _taken(part: Part, key: str) -> tuple[Part, Part | None]:
    """Return a spec without the mention of another file under `key`, and that mention."""
    value = part.data.get(key)
    if key == "base" and value is not None:
        return _without(part, "base"), Part(value, part.marks.children["base"])
    if key == "net" and isinstance(value, str):
        return _without(part, "net"), Part(value, part.marks.children["net"])
    if key == "net" and isinstance(value, dict) and "base" in value:
        net = Part(value, part.marks.children["net"])
        data, marks = {**part.data, "net": _without(net, "base").data}, part.marks
        children = {**marks.children, "net": _without(net, "base").marks}
        mention = Part(value["base"], net.marks.children["base"])
        return Part(data, Marks(marks.value, marks.key, children)), mention
    return part, None


def _without(part: Part, key: str) -> Part:
    data = {name: value for name, value in part.data.items() if name != key}
    children = {name: below for name, below in part.marks.children.items() if name != key}
    return Part(data, Marks(part.marks.value, part.marks.key, children))


def _only(part: Part, sections: tuple[str, ...] | None) -> Part:
    """Return a spec with some of its sections, and its plugins; all of them for None."""
    for key in list(part.data):
        if sections is not None and key not in (*sections, "plugins"):
            part = _without(part, key)
    return part


def _check_chain(file: Path, chain: tuple[str, ...]) -> None:
    """Refuse a file that builds on itself, or on too many.

    Raises: UsageError.
    """
    if _identity(file) in chain:
        raise UsageError(f"{file} builds on itself")
    if len(chain) >= MOST_FILES:
        raise UsageError(f"more than {MOST_FILES} files build on each other")


def _identity(path: Path) -> str:
    return os.path.realpath(path)


def shown(path: Path) -> Path:
    """Return a path as people read it: relative to the current folder where it lies below it."""
    path, here = Path(os.path.normpath(path)), Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path
