"""`if`, `repeat` and `share`: what they may say, once their expressions are filled in."""

from __future__ import annotations

from typing import Any

from protonet.language.scope import Scope
from protonet.problems import Mark, Problem
from protonet.records import shortened, suggestion

MOST_LAYERS = 15_000
"""Layers and instances that a net may have; blocks of blocks grow without an end."""


def switch_problem(value: Any, mark: Mark, name: Any) -> Problem | None:
    """Return what is wrong with the value of an `if`, or None."""
    if isinstance(value, bool):
        return None
    why = "true or false is needed"
    return Problem("PN010", mark, _path(name, "if"), why, shortened(value))


def times_problem(value: Any, mark: Mark, name: Any) -> Problem | None:
    """Return what is wrong with the value of a `repeat`, or None."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_LAYERS:
        return None
    why = f"a whole number from 0 to {MOST_LAYERS:,} is needed"
    return Problem("PN013", mark, _path(name, "repeat"), why, shortened(value))


def _path(name: Any, key: str) -> str:
    """Return the place of a key of a layer, whose name may be missing."""
    return f"{name}.{key}" if isinstance(name, str) else key


def lender(written: str, scope: Scope) -> str | None:
    """Return the layer or instance of a scope that `share` names, or None where there is none.

    Of a repeated one it is the same repetition, where the borrower is repeated as well, else the
    last.
    """
    if written in scope.repeats:
        return f"{written}_{scope.repeats[written] if scope.turn is None else scope.turn + 1}"
    if written in scope.seen:
        return written
    instance, slash, inner = written.partition("/")
    around = lender(instance, scope) if slash else None
    return None if around is None else f"{around}/{inner}"


def share_problem(written: str, scope: Scope, mark: Mark, name: str) -> Problem:
    """Return why `share` fits nothing."""
    why = f"no layer or instance above is named {written}"
    return Problem("PN036", mark, f"{name}.share", why, "", suggestion(written, scope.seen))


def block_problem(other: str, block: str, scope: Scope, mark: Mark, name: str) -> Problem | None:
    """Return why an instance of a block cannot share the parameters of another, or None."""
    made = scope.seen.get(other, block)
    if made == block:
        return None
    why = f"{other} is {f'an instance of block {made}' if made else 'a layer'}, {name} of {block}"
    hint = "only instances of one block share their parameters"
    return Problem("PN036", mark, f"{name}.share", why, "", hint)
