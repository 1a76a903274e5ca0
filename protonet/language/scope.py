"""Inside which instance a layer is expanded: its name, what `$` means, what it takes from
outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from protonet.language.frames import OWN_NAME, Use
from protonet.problems import Problem
from protonet.source import Marks

WHEN = ("phase", "include", "exclude")
"""Keys that say in which nets a layer takes part."""
PASSED_ON = (*WHEN, "frozen")
"""Keys of an instance that its layers take."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What the layers of one instance have in common; of the net itself where `name` is empty.

    Attributes:
        name: full name of the instance.
        names: what expressions may use.
        trail: the uses of blocks that lead here.
        pushed: keys of the instance that its layers take: phase, include, exclude, frozen.
        share: full names of this instance and of the one whose parameters it uses, or None.
        repeats: for each repeated layer so far, how often.
        seen: local names of the layers so far, with the block of an instance.
        turn: which repetition of a repeated layer this is, from 0; None for one that is not.
    """

    name: str
    names: Mapping[str, Any]
    trail: tuple[Use, ...] = ()
    pushed: Mapping[str, Any] = field(default_factory=dict)
    share: tuple[str, str] | None = None
    repeats: dict[str, int] = field(default_factory=dict)
    seen: dict[str, str | None] = field(default_factory=dict)
    turn: int | None = None

    def full(self, local: str) -> str:
        """Return a name as it is known outside of everything."""
        if not self.name:
            return local
        return self.name if local == OWN_NAME else f"{self.name}/{local}"

    def counterpart(self, full: str) -> str | None:
        """Return the layer or instance that one of this scope shares with, because the whole
        instance shares; None where it does not."""
        if self.share is None:
            return None
        own, other = self.share
        return other + full.removeprefix(own)

    def words(self) -> tuple[str, ...]:
        """Return the uses of blocks that lead here, the innermost first."""
        return tuple(map(str, reversed(self.trail)))


def with_full_tops(data: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """Return a layer's keys with its tops under the names that they have outside."""
    top = data.get("top")
    if not scope.name or not isinstance(top, str | list):
        return data
    names = [scope.full(name) if isinstance(name, str) else name for name in _listed(top)]
    return {**data, "top": names}


def pushed_into(
    data: dict[str, Any], scope: Scope, marks: Marks
) -> tuple[dict[str, Any], list[Problem]]:
    """Return a layer's keys with those that its instance passes on, and what contradicts."""
    if not scope.pushed:
        return data, []
    merged = {**data}
    if "frozen" in scope.pushed:
        merged.setdefault("frozen", scope.pushed["frozen"])
    outer = {key: scope.pushed[key] for key in WHEN if key in scope.pushed}
    inner = [key for key in WHEN if key in data]
    if not outer or not inner:
        return {**merged, **outer}, []
    if list(outer) == inner == ["phase"]:
        merged["phase"] = [
            name for name in _listed(data["phase"]) if name in _listed(outer["phase"])
        ]
        return merged, []
    return merged, list(_contradictions(inner, outer, scope, (str(data.get("name")), marks)))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _contradictions(
    inner: list[str], outer: Mapping[str, Any], scope: Scope, layer: tuple[str, Marks]
) -> Iterator[Problem]:
    key, other = inner[0], next(iter(outer))
    name, marks = layer
    why = f"{key} here and {other} of the instance {scope.name} cannot be put together"
    place = marks.children.get(key, marks)
    trail = scope.words()
    hint = "give phase in both, or one of them only"
    path = f"net.layers.{scope.full(name)}.{key}"
    yield Problem("PN015", place.key or place.value, path, why, "", hint, trail=trail)
