"""The update rule of the solver section: `optimizer: {type: SGD, …}`, or Caffe's flat keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    SkipValidation,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from protonet.optim import OPTIMIZERS
from protonet.records import Flag, Record, Text, fields_of, suggestion
from protonet.spec.keys import by_type, line, lines_of, refused, respelt, without_type
from protonet.spec.torch_class import OPTIM

RULE_KEYS = frozenset(key for kind in OPTIMIZERS.values() for key in fields_of(kind.params))
"""The keys of all update rules."""


class OptimizerSpec(Record):
    """The update rule with its own keys: `{type: SGD, momentum: 0.9}`, or a bare type."""

    type: Text
    """One of Caffe's update rules, or a class of torch.optim: `optim.X`."""
    params: SkipValidation[Any] = Field(default=None, exclude=True)
    """The validated keys of the rule itself; the arguments of a class of torch."""
    flat: Flag = Field(default=False, exclude=True)
    """Whether the keys stand beside those of the solver, as in Caffe."""

    @model_validator(mode="wrap")
    @classmethod
    def _split(cls, value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        if isinstance(value, OptimizerSpec):  # made by `flat_rule`
            return value
        named = by_type(value)
        if named is None:
            return handler(without_type(value))
        name, own, where = named
        if name.startswith(OPTIM.prefix):
            if lines := OPTIM.lines(name, own, where):
                raise refused(*lines)
            return handler({"type": name, "params": dict(own)})
        if name not in OPTIMIZERS:
            raise refused(line("PN014", "unknown update rule", _meant(name), where, name))
        try:
            params = OPTIMIZERS[name].params.model_validate(own)
        except ValidationError as error:
            known = {*fields_of(OPTIMIZERS[name].params), "type"}
            raise refused(*respelt(lines_of(error), known)) from None
        return handler({"type": name, "params": params})


def flat_rule(
    value: Mapping[str, Any],
) -> tuple[OptimizerSpec | None, list[InitErrorDetails]]:
    """Validate an update rule whose keys stand flat in the solver section.

    Returns the rule, or None and what is wrong with it.
    """
    name = value.get("type", "SGD")
    if not isinstance(name, str):
        return None, []  # the solver's own model says so
    if name not in OPTIMIZERS:
        unknown = line("PN014", "unknown update rule", _flat_hint(name), ("type",), name)
        return None, [unknown]
    own = {key: value[key] for key in value if key in RULE_KEYS}
    try:
        params = OPTIMIZERS[name].params.model_validate(own)
    except ValidationError as error:
        return None, lines_of(error)
    return OptimizerSpec.model_construct(type=name, params=params, flat=True), []


def rule_keys(name: object) -> frozenset[str]:
    """Return the own keys of an update rule; those of all where it is unknown."""
    known = isinstance(name, str) and name in OPTIMIZERS
    return frozenset(fields_of(OPTIMIZERS[str(name)].params)) if known else RULE_KEYS


def _meant(name: str) -> str:
    """Return the rule that a name probably means; torch's, where its prefix was left out."""
    whole = OPTIM.prefix + name
    return f"did you mean {whole}?" if whole in OPTIM.names() else suggestion(name, OPTIMIZERS)


def _flat_hint(name: str) -> str:
    if name.startswith(OPTIM.prefix):
        return f"torch's own stand in a map: optimizer: {{type: {name}, …}}"
    return suggestion(name, OPTIMIZERS)
