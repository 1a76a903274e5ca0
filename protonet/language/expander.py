"""The layers of a net, with blocks, `repeat` and `if` → a flat list of layers in frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from protonet.language.block import Block
from protonet.language.frames import OWN_NAME, Use
from protonet.language.instance import Instance
from protonet.language.layout import Layout
from protonet.language.names import INDEX
from protonet.language.recurrence import RECURRENT, recurrence_problems
from protonet.language.scope import Scope, pushed_into
from protonet.language.substitute import Substitution
from protonet.problems import Problem
from protonet.records import shortened, suggestion
from protonet.source import Marks

MOST_LAYERS = 50_000
"""Layers and instances that a net may have; blocks of blocks grow without an end."""
MOST_BLOCKS = 50
"""Blocks that may be used inside each other in a row."""
_CONTROL = ("if", "repeat")
_PASSED_ON = ("phase", "include", "exclude", "frozen")


class Expander:
    """Expands the layers of one net.

    Args:
        blocks: the blocks by name.
        names: what `$` means in the net itself.
        problems: what is wrong is added to it.
    """

    def __init__(
        self, blocks: Mapping[str, Block], names: Mapping[str, Any], problems: list[Problem]
    ) -> None:
        self.blocks, self.names, self.problems = blocks, names, problems
        self.layout = Layout()
        self._is_full = False

    def expand(self, items: list[Any], marks: Marks) -> Layout:
        """Return the flat net."""
        self._items(items, marks, Scope("", self.names))
        return self.layout

    def _items(self, items: list[Any], marks: Marks, scope: Scope) -> None:
        for place, item in enumerate(items):
            if self._is_full:
                return
            self._item(item, marks.children[place], scope)

    def _item(self, item: Any, marks: Marks, scope: Scope) -> None:
        if not isinstance(item, dict):
            self.layout.add(item, marks, scope)
            return
        if self.layout.size >= MOST_LAYERS:
            self._is_full = True
            why = f"the net grows beyond {MOST_LAYERS:,} layers"
            self._refuse(scope, Problem("PN033", marks.value, "", why))
            return
        name = self._filled({"name": item.get("name")}, marks, scope).get("name")
        if not self._is_on(item, name, marks, scope):
            self._pass(item, name, marks, scope)
        elif "repeat" in item:
            self._repeat(item, name, marks, scope)
        else:
            self._one(item, marks, scope)
        if isinstance(name, str):
            scope.seen[name] = None

    def _filled(self, data: dict[str, Any], marks: Marks, scope: Scope) -> dict[str, Any]:
        """Return a layer's keys with the expressions filled in."""
        found: list[Problem] = []
        path = f"net.layers.{scope.full(str(data.get('name')))}"
        value: dict[str, Any] = Substitution(scope.names, found).value(data, marks, path)
        trail = _words(scope)
        self.problems += [replace(problem, trail=trail) for problem in found]
        return value

    def _is_on(self, item: dict[str, Any], name: Any, marks: Marks, scope: Scope) -> bool:
        if "if" not in item:
            return True
        before = len(self.problems)
        value = self._filled({"if": item["if"]}, marks, scope).get("if")
        if not isinstance(value, bool) and len(self.problems) == before:
            mark, why = marks.children["if"].value, "true or false is needed"
            self._refuse(scope, Problem("PN010", mark, f"{name}.if", why, shortened(value)))
        return value is not False

    def _pass(self, item: dict[str, Any], name: Any, marks: Marks, scope: Scope) -> None:
        """Let the first bottom through under the layer's name."""
        bottom = self._filled({"bottom": item.get("bottom")}, marks, scope)["bottom"]
        first = bottom[0] if isinstance(bottom, list) and bottom else bottom
        if isinstance(name, str):
            old = first if isinstance(first, str) else None
            self.layout.rename(marks, scope, ((old, name),))

    def _repeat(self, item: dict[str, Any], name: Any, marks: Marks, scope: Scope) -> None:
        times = self._times(item, name, marks, scope)
        if not isinstance(name, str) or times is None:
            self.layout.unknown(marks, scope, str(name))
            return
        if times == 0:
            self._pass(item, name, marks, scope)
            return
        before = ""
        for index in range(times):
            if self._is_full:
                return
            inner = replace(scope, names={**scope.names, INDEX: index})
            self._one(item, marks, inner, (f"{name}_{index + 1}", before))
            before = f"{name}_{index + 1}"
        scope.repeats[name] = times
        pairs = [(before, name)]
        block = self.blocks.get(str(item.get("type")))
        for top in (block.tops or ())[1:] if block else ():
            pairs.append((f"{before}/{top}", f"{name}/{top}"))
        self.layout.rename(marks, scope, tuple(pairs))

    def _times(self, item: dict[str, Any], name: Any, marks: Marks, scope: Scope) -> int | None:
        value = self._filled({"repeat": item["repeat"]}, marks, scope).get("repeat")
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_LAYERS:
            return value
        if value is not None or item["repeat"] is None:
            mark = marks.children["repeat"].value
            why = f"a whole number from 0 to {MOST_LAYERS} is needed"
            self._refuse(scope, Problem("PN013", mark, f"{name}.repeat", why, shortened(value)))
        return None

    def _one(
        self,
        item: dict[str, Any],
        marks: Marks,
        scope: Scope,
        repetition: tuple[str, str] | None = None,
    ) -> None:
        """Add one layer, or the layers of one instance.

        Args:
            item: its keys.
            marks: where they stand.
            scope: what it stands in.
            repetition: of a repeated layer, its own name and that of the one before, if any.
        """
        plain = {key: value for key, value in item.items() if key not in _CONTROL}
        known = len(self.problems)
        data = self._filled(plain, marks, scope)
        is_filled = len(self.problems) == known
        if repetition:
            data["name"], before = repetition
            if before and data.get("bottom") is not None:
                written = data["bottom"]
                data["bottom"] = [before, *(written[1:] if isinstance(written, list) else ())]
        data, found = pushed_into(data, scope, marks)
        self.problems += found
        kind, name = data.get("type"), data.get("name")
        if kind == RECURRENT and "block" in data:
            found = list(recurrence_problems(data, marks, self.blocks))
            self.problems += [replace(problem, trail=_words(scope)) for problem in found]
            self.layout.unknown(marks, scope, str(name))
        elif isinstance(kind, str) and kind in self.blocks and isinstance(name, str):
            if is_filled:
                self._instance(self.blocks[kind], data, marks, scope)
            else:  # what would follow from it is no further mistake
                self.layout.unknown(marks, scope, name)
        else:
            self._layer(data, marks, scope)

    def _layer(self, data: dict[str, Any], marks: Marks, scope: Scope) -> None:
        if isinstance(data.get("name"), str):
            written = data["name"]
            data["name"] = scope.full(written)
            other = scope.shared(self._share(data, written, marks, scope), data["name"])
            if other is not None:
                data["share"] = other
            elif data.get("share") is None:
                data.pop("share", None)
        if data.get("top") is not None and scope.name:
            tops = [data["top"]] if isinstance(data["top"], str) else data["top"]
            if isinstance(tops, list):
                data["top"] = [scope.full(top) if isinstance(top, str) else top for top in tops]
        self.layout.add(data, marks, scope)

    def _share(self, data: dict[str, Any], own: str, marks: Marks, scope: Scope) -> Any:
        """Return `share` as written, of the same repetition where both are repeated."""
        written = data.get("share")
        if not isinstance(written, str):
            return written
        if written not in scope.seen and written not in scope.repeats:
            why = f"no layer or instance above is named {written}"
            hint = suggestion(written, scope.seen)
            mark = marks.children["share"].value
            self._refuse(scope, Problem("PN036", mark, f"{own}.share", why, "", hint))
            return None
        if written in scope.repeats:
            index = scope.names.get(INDEX)
            number = index + 1 if isinstance(index, int) else scope.repeats[written]
            return f"{written}_{number}"
        return written

    def _instance(self, block: Block, data: dict[str, Any], marks: Marks, scope: Scope) -> None:
        local = data["name"]
        full = scope.full(local)
        refusal = self._refusal(block, local, marks, scope)
        if refusal is not None:
            self._refuse(scope, refusal)
            self.layout.unknown(marks, scope, local)
            return
        instance = Instance(block, data, marks, full, _words(scope))
        index = {key: scope.names[key] for key in (INDEX,) if key in scope.names}
        names = instance.arguments({**self.names, **index})
        bottoms, tops = instance.bottoms(), instance.tops(local)
        if instance.problems:
            self.problems += instance.problems
            self.layout.unknown(marks, scope, local)
            return
        other = scope.shared(self._share(data, local, marks, scope), full)
        inner = Scope(
            full,
            names,
            (*scope.trail, Use(block.name, full, marks.children["type"].value)),
            {key: data[key] for key in _PASSED_ON if key in data},
            (full, other) if other is not None else None,
        )
        opened = self.layout.enter(marks, scope)
        self._items(block.layers, block.marks.children["layers"], inner)
        self.layout.leave(opened, full, bottoms, tops)

    def _refusal(self, block: Block, local: str, marks: Marks, scope: Scope) -> Problem | None:
        """Return why a block cannot be used here, or None."""
        chain = [use.block for use in scope.trail]
        mark = marks.children["type"].value
        if "." in local and local != OWN_NAME:
            hint = "dots separate the words of a path; use / or _"
            named = marks.children["name"].value
            return Problem("PN022", named, f"{local}.name", f"the name {local} has a dot", "", hint)
        if block.name in chain:
            why = f"a block contains itself: {' → '.join([*chain, block.name])}"
            return Problem("PN033", mark, f"{local}.type", why)
        if len(chain) >= MOST_BLOCKS:
            why = f"more than {MOST_BLOCKS} blocks stand inside each other"
            return Problem("PN033", mark, f"{local}.type", why)
        return None

    def _refuse(self, scope: Scope, problem: Problem) -> None:
        """Keep what is wrong with a layer of a scope, whose name there the problem's path is."""
        path = f"net.layers.{scope.full(problem.path)}" if problem.path else "net.layers"
        self.problems.append(replace(problem, path=path, trail=_words(scope)))


def _words(scope: Scope) -> tuple[str, ...]:
    return tuple(map(str, reversed(scope.trail)))
