"""Which parameters learn how: factors by pattern, and several losses that update different ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator, Field

from protonet.errors import PathError
from protonet.records import Count, NonNegative, Positive, Record, Text, shortened, suggestion
from protonet.spec.keys import line, refused
from protonet.spec.optimizer import OptimizerSpec
from protonet.spec.policy import LrPolicySpec

Some = Annotated[tuple[Text, ...], Field(min_length=1)]
"""A list of at least one text."""


def is_meant(parameter: str, pattern: str) -> bool:
    """Return whether a pattern fits a parameter, `layer/parameter`, or its layer.

    >>> is_meant("conv1/weight", "conv*"), is_meant("conv1/weight", "*/bias")
    (True, False)
    """
    layer = parameter.rpartition("/")[0]
    return fnmatchcase(layer, pattern) or fnmatchcase(parameter, pattern)


class FactorSpec(Record):
    """Factors on how the parameters of matching names learn, over those that they have already."""

    match: Text
    """Names of layers, or of parameters as `layer/parameter`; * stands for any letters, ? for one,
    [ab] for one of several."""
    lr_mult: NonNegative = 1.0
    """Factor on the learning rate; 0 leaves the parameters as they are."""
    decay_mult: NonNegative = 1.0
    """Factor on the weight decay."""

    def fits(self, parameter: str) -> bool:
        """Return whether a parameter, `layer/parameter`, is meant."""
        return is_meant(parameter, self.match)


class UpdateSpec(Record):
    """One of several updates of an iteration: what it minimises, and what it changes."""

    losses: Some
    """Losses that are minimised, by the names of their tops."""
    params: Some
    """Patterns of the names of the parameters that are changed, as in solver.params."""
    optimizer: OptimizerSpec
    """The update rule."""
    base_lr: Positive | None = None
    """Learning rate that the policy starts from; left out: the solver's."""
    lr_policy: LrPolicySpec | None = None
    """How its learning rate changes; left out: as the solver's."""
    every: Count = 1
    """It is made in every so many-th iteration."""

    def changes(self, parameter: str) -> bool:
        """Return whether a parameter, `layer/parameter`, is one of those that it changes."""
        return any(is_meant(parameter, pattern) for pattern in self.params)


def _one_in_every_iteration(updates: tuple[UpdateSpec, ...]) -> tuple[UpdateSpec, ...]:
    """Return the updates as they are.

    Raises: ValidationError if there are iterations that would make none of them.
    """
    if updates and all(update.every > 1 for update in updates):
        why = "none of the updates is made in every iteration, so iteration 1 would make none"
        problem = line("PN015", why, "leave every out in one of them", (), updates[0].every)
        raise refused({**problem, "loc": (0, "every")})
    return updates


Updates = Annotated[tuple[UpdateSpec, ...], AfterValidator(_one_in_every_iteration)]
"""Several updates, of which at least one is made in every iteration."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What learning rate and weight decay of a parameter are multiplied by."""

    lr_mult: float = 1.0
    decay_mult: float = 1.0


def factors(rules: Iterable[FactorSpec], names: Collection[str]) -> Factors:
    """Return the product of the factors of every rule that fits a parameter.

    Args:
        rules: `solver.params`; several may fit.
        names: every `layer/parameter` that the tensor is known under; a shared one has several.
    """
    lr_mult = decay_mult = 1.0
    for rule in rules:
        if any(rule.fits(name) for name in names):
            lr_mult *= rule.lr_mult
            decay_mult *= rule.decay_mult
    return Factors(lr_mult, decay_mult)


def idle_rules(rules: Sequence[FactorSpec], names: Collection[str]) -> list[PathError]:
    """Return an error for each rule that fits none of the parameters.

    Args:
        rules: `solver.params`.
        names: of all parameters of the net, as `layer/parameter`.
    """
    known = {*names, *(name.rpartition("/")[0] for name in names)}
    return [
        PathError(
            "PN014",
            ("solver", "params", place, "match"),
            "no parameter of the net has such a name",
            got=shortened(rule.match),
            hint=suggestion(rule.match, known),
        )
        for place, rule in enumerate(rules)
        if not any(rule.fits(name) for name in names)
    ]
