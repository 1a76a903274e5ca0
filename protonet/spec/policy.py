"""`lr_policy` of the solver section: how the learning rate changes."""

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
from pydantic_core import InitErrorDetails, PydanticCustomError

from protonet.lr_policy import LR_POLICIES
from protonet.records import Record, Text, suggestion
from protonet.spec.duration import Duration, parse
from protonet.spec.keys import by_type, line, lines_of, refused, without_type
from protonet.spec.torch_class import SCHEDULERS


class LrPolicySpec(Record):
    """How the learning rate changes: `{type: inv, gamma: 0.0001, power: 0.75}`, or a bare type."""

    type: Text
    """One of Caffe's seven policies, or a class of torch.optim.lr_scheduler: `lr_scheduler.X`."""
    params: SkipValidation[Any] = Field(default=None, exclude=True)
    """The validated keys of the policy itself, where something was given in epochs 1 for it."""
    durations: SkipValidation[Mapping[str, Any]] = Field(default_factory=dict, exclude=True)
    """What was given in epochs, by key; a list that has such items, whole."""

    @model_validator(mode="wrap")
    @classmethod
    def _split(cls, value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        named = by_type(value)
        if named is None:
            return handler(without_type(value))
        name, own, where = named
        if name.startswith(SCHEDULERS.prefix):
            raise refused(*SCHEDULERS.lines(name, own, where))
        if name not in LR_POLICIES:
            raise refused(line("PN014", "unknown policy", _meant(name), where, name))
        params, durations = _params(name, own)
        return handler({"type": name, "params": params, "durations": durations})

    def lengths(self, key: str) -> list[int | Duration]:
        """Return what a key that takes one length, or a list of them, was given."""
        given = self.durations.get(key, getattr(self.params, key, ()))
        return list(given) if isinstance(given, list | tuple) else [given]

    def resolved(self, lengths: Mapping[str, Any]) -> LrPolicySpec:
        """Return the policy with every length in iterations.

        Args:
            lengths: what stands for each entry of `durations`.
        """
        params = self.params.model_copy(update=dict(lengths))
        return self.model_copy(update={"params": params, "durations": {}})


def _meant(name: str) -> str:
    """Return the policy that a name probably means; torch's, where its prefix was left out."""
    whole = SCHEDULERS.prefix + name
    return (
        f"did you mean {whole}?" if whole in SCHEDULERS.names() else suggestion(name, LR_POLICIES)
    )


def _params(name: str, own: Mapping[str, Any]) -> tuple[Record, dict[str, Any]]:
    """Validate a policy's own keys; return them, and what of them was given in epochs.

    Raises: ValidationError.
    """
    read, lines = _read(own)
    counted = {key: _counted(item) for key, item in read.items()}
    try:
        params = LR_POLICIES[name].params.model_validate(counted)
    except ValidationError as error:
        raise refused(*lines_of(error), *lines) from None
    if lines:
        raise refused(*lines)
    return params, {key: item for key, item in read.items() if item != counted[key]}


def _read(own: Mapping[str, Any]) -> tuple[dict[str, Any], list[InitErrorDetails]]:
    """Return the keys with their lengths parsed, and what is wrong with those."""
    read, lines = dict(own), []

    def parsed(text: str, *where: str | int) -> Any:
        try:
            return parse(text, least=0)
        except PydanticCustomError as error:
            lines.append(InitErrorDetails(type=error, loc=where, input=text))
            return 1

    if isinstance(size := own.get("stepsize"), str):
        read["stepsize"] = parsed(size, "stepsize")
    if isinstance(values := own.get("stepvalue"), list):
        read["stepvalue"] = [
            parsed(item, "stepvalue", place) if isinstance(item, str) else item
            for place, item in enumerate(values)
        ]
    return read, lines


def _counted(item: Any) -> Any:
    """Return 1 for a duration, so that the rest can be checked before the data are known."""
    if isinstance(item, list):
        return [_counted(each) for each in item]
    return 1 if isinstance(item, Duration) else item
