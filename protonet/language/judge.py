"""Fills in the expressions of layers and keeps what is wrong with them, each with the blocks that
lead to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from protonet.language.control import block_problem, lender, share_problem
from protonet.language.scope import Scope
from protonet.language.substitute import Substitution
from protonet.problems import Problem
from protonet.records import shortened
from protonet.source import Marks

FAILED = object()
"""Stands for a value that cannot be computed, which has been told."""


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
        value: dict[str, Any] = Substitution(scope.names, found).value(data, marks, path)
        self.problems += [replace(problem, trail=scope.words()) for problem in found]
        return value

    def control(self, key: str, item: dict[str, Any], marks: Marks, scope: Scope, name: Any) -> Any:
        """Return the value of `if` or `repeat`; `FAILED` where it cannot be computed."""
        known = len(self.problems)
        value = self.filled({key: item[key]}, marks, scope, name).get(key)
        return value if len(self.problems) == known else FAILED

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
        other, mark = lender(written, scope), marks.children["share"].value
        if other is None:
            self.refuse(scope, share_problem(written, scope, mark, local))
            return None
        problem = block_problem(other, block, scope, mark, local) if block else None
        if problem is not None:
            self.refuse(scope, problem)
            return None
        return scope.full(other)

    def refuse(self, scope: Scope, problem: Problem | None) -> None:
        """Keep what is wrong with a layer of a scope, whose name there the problem's path is."""
        if problem is not None:
            path = f"net.layers.{scope.full(problem.path)}" if problem.path else "net.layers"
            self.problems.append(replace(problem, path=path, trail=scope.words()))
