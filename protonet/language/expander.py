"""The layers of a net, with blocks, `repeat` and `if` → a flat list of layers in frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from protonet.language.block import Block, first_name
from protonet.language.control import MOST_LAYERS, times_problem
from protonet.language.expression import FAILED
from protonet.language.frames import Use
from protonet.language.instance import Instance
from protonet.language.judge import Judge
from protonet.language.layout import Bottoms, Layout, Tops
from protonet.language.names import INDEX
from protonet.language.recurrence import (
    RECURRENT,
    Recurrence,
    first_read,
    reading,
    recurrence,
)
from protonet.language.scope import PASSED_ON, WHEN, Scope, pushed_into
from protonet.problems import Problem
from protonet.source import Marks

_CONTROL = ("if", "repeat")


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
        self.judge = Judge(problems)
        self.layout = Layout()
        self._is_full = False

    def expand(self, items: list[Any], marks: Marks) -> Layout:
        """Return the flat net."""
        self._items(items, marks, Scope("", self.names))
        return Layout() if self._is_full else self.layout

    def _items(self, items: list[Any], marks: Marks, scope: Scope) -> None:
        for place, item in enumerate(items):
            self._item(item, marks.children[place], scope)

    def _item(self, item: Any, marks: Marks, scope: Scope) -> None:
        if self._is_too_large(marks, scope):
            return
        if not isinstance(item, dict):
            self.layout.add(item, marks, scope)
            return
        name = self.judge.filled({"name": item.get("name")}, marks, scope).get("name")
        if not self.judge.is_on(item, name, marks, scope):
            self._pass(item, name, marks, scope)
        elif "repeat" in item:
            self._repeat(item, name, marks, scope)
        else:
            self._one(item, marks, scope)
        if isinstance(name, str):
            scope.seen.setdefault(name, None)

    def _is_too_large(self, marks: Marks, scope: Scope) -> bool:
        if not self._is_full and self.layout.size >= MOST_LAYERS:
            self._is_full = True
            why = f"the net grows beyond {MOST_LAYERS:,} layers"
            self.judge.refuse(scope, Problem("PN033", marks.value, "", why))
        return self._is_full

    def _pass(self, item: dict[str, Any], name: Any, marks: Marks, scope: Scope) -> None:
        """Let the first bottom through under the layer's name, where the layer would exist."""
        written = {"bottom": first_read(item), **_when(item)}
        data, found = pushed_into(self.judge.filled(written, marks, scope, name), scope, marks)
        if isinstance(name, str):
            self.problems += found
            self.layout.rename(marks, scope, ((first_name(data["bottom"]), name),), _when(data))
        else:  # that the name is missing or wrong is told where layers are read
            self._one(item, marks, scope)

    def _repeat(self, item: dict[str, Any], name: Any, marks: Marks, scope: Scope) -> None:
        times = self.judge.control("repeat", item, marks, scope, name)
        problem = times_problem(times, marks.children["repeat"].value, name)
        self.judge.refuse(scope, None if times is FAILED else problem)
        if not isinstance(name, str):  # what is wrong with it is told where layers are read
            self._one(item, marks, _turn(scope, 0))
        elif problem:
            self.layout.unknown(marks, scope, name)
        elif times == 0:
            self._pass(item, name, marks, scope)
        else:
            self._chain(item, name, marks, scope, times)

    def _chain(
        self, item: dict[str, Any], name: str, marks: Marks, scope: Scope, times: int
    ) -> None:
        """Add a layer or an instance several times in a row, each reading the one before."""
        last = before = ""
        for index in range(times):
            if self._is_too_large(marks, scope):
                return
            last = f"{name}_{index + 1}"
            before = self._one(item, marks, _turn(scope, index), (last, before))
        scope.repeats[name], scope.seen[name] = times, scope.seen.get(last)
        block = self.blocks.get(str(item.get("type")))
        others = (block.tops or ())[1:] if block else ()
        pairs = [(f"{last}/{top}", f"{name}/{top}") for top in others]
        self.layout.rename(marks, scope, ((before, name), *pairs))

    def _one(
        self,
        item: dict[str, Any],
        marks: Marks,
        scope: Scope,
        repetition: tuple[str, str] | None = None,
    ) -> str:
        """Add one layer, or the layers of one instance; return the name of its first top.

        Args:
            item: its keys.
            marks: where they stand.
            scope: what it stands in.
            repetition: of a repeated layer, its own name and what the one before gives, if any.
        """
        plain = {key: value for key, value in item.items() if key not in _CONTROL}
        known = len(self.problems)
        data = self.judge.filled(plain, marks, scope)
        is_filled = len(self.problems) == known
        if repetition:
            data = _repeated(data, *repetition)
        data, found = pushed_into(data, scope, marks)
        self.problems += found
        kind, name = data.get("type"), data.get("name")
        if kind == RECURRENT or (isinstance(kind, str) and kind in self.blocks):
            if isinstance(name, str):
                self._use(data, marks, scope, is_filled)
            elif is_filled or not isinstance(item.get("name"), str):  # else that has been told
                self.judge.refuse_name(name, marks, scope)
        else:
            self.layout.add(self.judge.named(dict(data), marks, scope), marks, scope)
        top = first_name(data.get("top"))
        return str(name) if top is None else top

    def _use(self, data: dict[str, Any], marks: Marks, scope: Scope, is_filled: bool) -> None:
        """Add the layers of a block, and the recurrent layer that applies them if it is one."""
        local, made = data["name"], _made(data, marks, scope, self.blocks)
        is_known = bool(made.problems or made.block.layers)
        if is_filled and is_known and made.is_possible(local, [use.block for use in scope.trail]):
            known = {key: scope.names[key] for key in (INDEX,) if key in scope.names}
            names = made.arguments({**self.names, **known})
            bottoms, tops = made.bottoms(), made.tops(local)
            if not made.problems:
                self._layers(made, scope, names, (bottoms, tops))
                return
        self.problems += made.problems
        self.layout.unknown(marks, scope, local)  # what would follow from it is no further mistake

    def _layers(
        self, made: Instance, scope: Scope, names: dict[str, Any], ends: tuple[Bottoms, Tops]
    ) -> None:
        """Add the layers of a use that is right; `ends` are its bottoms and tops."""
        data, marks, block, (bottoms, tops) = made.data, made.marks, made.block, ends
        other = self.judge.shared(data, data["name"], marks, scope, block.name)
        scope.seen[data["name"]] = block.name
        inner = _inner(made, scope, names, other)
        opened = self.layout.enter(marks, scope)
        self._items(block.layers, block.marks.children["layers"], inner)
        loop = made.loop(len(self.layout.layers)) if isinstance(made, Recurrence) else None
        self.layout.leave(opened, inner.name, bottoms, tops, loop)
        if isinstance(made, Recurrence):
            self.layout.add(self.judge.named(made.layer(), marks, scope), marks, scope)


def _when(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a layer that say in which nets it takes part."""
    return {key: item[key] for key in WHEN if key in item}


def _turn(scope: Scope, index: int) -> Scope:
    """Return the scope of one repetition of a layer, counted from 0."""
    return replace(scope, names={**scope.names, INDEX: index}, turn=index)


def _made(
    data: dict[str, Any], marks: Marks, scope: Scope, blocks: Mapping[str, Block]
) -> Instance:
    """Return the use of a block that a layer is."""
    full, trail = scope.full(data["name"]), scope.words()
    if data["type"] == RECURRENT:
        return recurrence(data, marks, full, trail, blocks)
    return Instance(blocks[data["type"]], data, marks, full, trail)


def _inner(made: Instance, scope: Scope, names: dict[str, Any], other: str | None) -> Scope:
    """Return the scope of the layers of a use; `other` is the one that it shares with."""
    full = scope.full(made.data["name"])
    at = "block" if isinstance(made, Recurrence) else "type"
    use = Use(made.block.name, full, made.marks.children[at].value)
    passed_on = {key: made.data[key] for key in PASSED_ON if key in made.data}
    share = (full, other) if other is not None else None
    return Scope(full, names, (*scope.trail, use), passed_on, share)


def _repeated(data: dict[str, Any], name: str, before: str) -> dict[str, Any]:
    """Return the keys of one repetition, which reads the one before it, if there is one."""
    named = {**data, "name": name}
    return reading(named, before) if before else named
