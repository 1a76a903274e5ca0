"""`if`, `repeat` and `share`: what they may say, once their expressions are filled in."""

from __future__ import annotations

from typing import Any

from protonet.language.names import INDEX
from protonet.language.scope import Scope
from protonet.problems import Mark, Problem
from protonet.records import shortened, suggestion

MOST_LAYERS = 50_000
"""Layers and instances that a net may have; blocks of blocks grow without an end."""


def switch_problem(value: Any, mark: Mark, name: Any) -> Problem | None:
    """Return what is wrong with the value of an `if`, or None."""
    if isinstance(value, bool):
        return None
    why = "true or false is needed"
    return Problem("PN010", mark, f"{name}.if", why, shortened(value))


def times_problem(value: Any, mark: Mark, name: Any) -> Problem | None:
    """Return what is wrong with the value of a `repeat`, or None."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_LAYERS:
        return None
    why = f"a whole number from 0 to {MOST_LAYERS} is needed"
    return Problem("PN013", mark, f"{name}.repeat", why, shortened(value))


def lender(written: str, scope: Scope) -> str | None:
    """Return the layer or instance of a scope that `share` names, or None where there is none.

    Of a repeated one it is the same repetition, where the borrower is repeated as well, else the
    last.
    """
    if written in scope.repeats:
        index = scope.names.get(INDEX)
        return f"{written}_{index + 1 if isinstance(index, int) else scope.repeats[written]}"
    return written if written in scope.seen else None


def share_problem(written: str, scope: Scope, mark: Mark, name: str) -> Problem:
    """Return why `share` fits nothing."""
    why = f"no layer or instance above is named {written}"
    return Problem("PN036", mark, f"{name}.share", why, "", suggestion(written, scope.seen))
