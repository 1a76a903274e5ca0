"""Fills in the expressions of layers and keeps what is wrong with them, each with the blocks that
lead to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from protonet.language.control import block_problem, lender, share_problem, switch_problem
from protonet.language.expression import FAILED
from protonet.language.scope import Scope, with_full_tops
from protonet.language.substitute import Substitution
from protonet.problems import Problem
from protonet.records import shortened
from protonet.source import Marks


class Judge:
    """Judges layers inside their scopes.

    Args:
        problems: what is wrong is added to it.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def filled(
        self, data: dict[str, Any], marks: Marks, scope: Scope, name: Any = None
    ) -> dict[str, Any]:
        """Return keys of a layer with the expressions filled in; its name where they lack it."""
        found: list[Problem] = []
        path = f"net.layers.{scope.full(str(data.get('name', name)))}"
        value = Substitution(scope.names, found).entries(data, marks, path)
        self.problems += [replace(problem, trail=scope.words()) for problem in found]
        return value

    def control(self, key: str, item: dict[str, Any], marks: Marks, scope: Scope, name: Any) -> Any:
        """Return the value of `if` or `repeat`; `FAILED` where it cannot be computed."""
        known = len(self.problems)
        value = self.filled({key: item[key]}, marks, scope, name).get(key)
        return value if len(self.problems) == known else FAILED

    def is_on(self, item: dict[str, Any], name: Any, marks: Marks, scope: Scope) -> bool:
        """Return whether a layer is there, by its `if`."""
        if "if" not in item:
            return True
        value = self.control("if", item, marks, scope, name)
        if value is not FAILED:
            self.refuse(scope, switch_problem(value, marks.children["if"].value, name))
        return value is not False

    def named(self, data: dict[str, Any], marks: Marks, scope: Scope) -> dict[str, Any]:
        """Return a layer's keys under the names that it and its tops have outside, with the full
        name of the layer that it shares with."""
        if isinstance(data.get("name"), str):
            local = data["name"]
            data["name"] = scope.full(local)
            other = self.shared(data, local, marks, scope)
            if other is not None:
                data["share"] = other
            elif not isinstance(data.get("share"), int | float | list | dict):
                data.pop("share", None)
        return with_full_tops(data, scope)

    def refuse_name(self, name: Any, marks: Marks, scope: Scope) -> None:
        """Keep that the name of an instance is missing or no text."""
        place = marks.children.get("name", marks)
        code, why = ("PN011", "missing") if name is None else ("PN010", "a text is needed")
        got = "" if name is None else shortened(name)
        self.refuse(scope, Problem(code, place.value, "name", why, got))

    def shared(
        self, data: dict[str, Any], local: str, marks: Marks, scope: Scope, block: str = ""
    ) -> str | None:
        """Return the full name of the layer or instance whose parameters this one uses.

        Args:
            data: the keys of the layer or instance.
            local: its name in its scope.
            marks: where the keys stand.
            scope: what it stands in.
            block: the block of an instance.
        """
        written = data.get("share")
        if block and written is not None and not isinstance(written, str):
            mark = marks.children["share"].value
            why, got = "a text is needed", shortened(written)
            self.refuse(scope, Problem("PN010", mark, f"{local}.share", why, got))
        if not isinstance(written, str):
            return scope.counterpart(scope.full(local))
        if written.startswith("/") and not block:  # from outside of all blocks; judged by Sharing
            return written[1:]
        other, mark = lender(written, scope), marks.children["share"].value
        if other is None:
            self.refuse(scope, share_problem(written, scope, mark, local))
            return None
        problem = block_problem(other, block, scope, mark, local) if block else None
        if problem is not None:
            self.refuse(scope, problem)
            return None
        return scope.full(other)

    def add(self, problems: Iterable[Problem], scope: Scope) -> None:
        """Keep what is wrong with a layer of a scope, path and all."""
        self.problems += [replace(problem, trail=scope.words()) for problem in problems]

    def refuse(self, scope: Scope, problem: Problem | None) -> None:
        """Keep what is wrong with a layer of a scope, whose name there the problem's path is."""
        if problem is not None:
            path = f"net.layers.{scope.full(problem.path)}" if problem.path else "net.layers"
            self.problems.append(replace(problem, path=path, trail=scope.words()))
