"""In which nets a layer takes part: phases, levels and stages, by Caffe's rules (caffe.proto,
NetStateRule)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import BeforeValidator, model_validator

from protonet.records import Integer, Record, Text
from protonet.spec.keys import line, refused

Phase = Literal["train", "test", "deploy"]
PHASES: tuple[Phase, ...] = ("train", "test", "deploy")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


Names = Annotated[tuple[Text, ...], BeforeValidator(_listed)]
"""One name or a list of them."""
Phases = Annotated[tuple[Phase, ...], BeforeValidator(_listed)]
"""One phase or a list of them."""


@dataclass(frozen=True, slots=True)
class State:
    """What a net is built for."""

    phase: Phase
    level: int = 0
    stages: frozenset[str] = frozenset()


class Rule(Record):
    """One rule of `include` or `exclude`; it is met when everything it names is so."""

    phase: Phase | None = None
    """The phase the net is in."""
    min_level: Integer | None = None
    """Lowest level at which the rule is met."""
    max_level: Integer | None = None
    """Highest level at which the rule is met."""
    stage: Names = ()
    """Stages that must all be set."""
    not_stage: Names = ()
    """Stages of which none may be set."""

    def is_met(self, state: State) -> bool:
        """Return whether a net in this state meets the rule."""
        return (
            self.phase in (None, state.phase)
            and (self.min_level is None or state.level >= self.min_level)
            and (self.max_level is None or state.level <= self.max_level)
            and state.stages.issuperset(self.stage)
            and state.stages.isdisjoint(self.not_stage)
        )


Rules = Annotated[tuple[Rule, ...], BeforeValidator(_listed)]
"""One rule or a list of them."""


class Conditional(Protocol):
    """What takes part in some nets only."""

    @property
    def phase(self) -> tuple[Phase, ...] | None:
        """Phases in which it exists; None for all."""

    @property
    def include(self) -> tuple[Rule, ...]:
        """Rules of which one must be met."""

    @property
    def exclude(self) -> tuple[Rule, ...]:
        """Rules of which none may be met."""


def exists_in(one: Conditional, state: State) -> bool:
    """Return whether something is part of a net in this state."""
    if one.phase is not None:
        return state.phase in one.phase
    if one.include:
        return any(rule.is_met(state) for rule in one.include)
    return not any(rule.is_met(state) for rule in one.exclude)


def check_conditions(one: Conditional) -> None:
    """Refuse keys that contradict each other.

    Raises: ValidationError.
    """
    if one.include and one.exclude:
        why, hint = "include and exclude contradict", "give rules of one kind, as in Caffe"
        raise refused(line("PN015", why, hint, ("exclude",), {}))
    if one.phase is not None and (one.include or one.exclude):
        why = "phase and include or exclude say the same thing in two ways"
        raise refused(line("PN015", why, "keep one", ("phase",), {}))


class Presence(Record):
    """In which nets a name is given to a blob that exists: of a layer that is left out."""

    phase: Phases | None = None
    """Phases in which the layer would exist; left out: all."""
    include: Rules = ()
    """Rules of which one must be met."""
    exclude: Rules = ()
    """Rules of which none may be met."""

    @model_validator(mode="after")
    def _check_conditions(self) -> Presence:
        check_conditions(self)
        return self
