"""In which nets a layer takes part: phases, levels and stages, by Caffe's rules (caffe.proto,
NetStateRule)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from protonet.records import Integer, Record, Text

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
