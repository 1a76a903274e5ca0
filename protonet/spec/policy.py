"""`lr_policy` of the solver section: how the learning rate changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    SkipValidation,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from protonet.errors import Path
from protonet.lr_policy import LR_POLICIES
from protonet.optim.torch_schedule import nested
from protonet.records import NonNegative, Record, Text, fields_of, suggestion
from protonet.spec.duration import Duration, Interval, Length, parse
from protonet.spec.keys import by_type, line, lines_of, refused, respelt, without_type
from protonet.spec.torch_class import SCHEDULERS, measures

Turn = Callable[[Any, Path], Any]
"""Turns one length, or a list of them, at its place into iterations."""

COMMON = ("warmup", "warmup_factor", "max_iter")
"""Keys that every policy has."""


class LrPolicySpec(Record):
    """How the learning rate changes: `{type: inv, gamma: 0.0001, power: 0.75}`, a bare type, or a
    list of policies that follow each other."""

    type: Text
    """One of the policies, or a class of torch.optim.lr_scheduler: `lr_scheduler.X`."""
    warmup: Interval = 0
    """Iterations, or epochs, in which the rate rises to what the policy says."""
    warmup_factor: NonNegative = 0.0
    """Factor on the rate in the first iteration of the warm-up."""
    max_iter: Length | None = None
    """In a list: iterations, or epochs, after which the next policy follows, which then counts from
    0; the last policy has none."""
    params: SkipValidation[Any] = Field(default=None, exclude=True)
    """The validated keys of the policy itself, where something was given in epochs 1 for it; the
    arguments of a class of torch."""
    durations: SkipValidation[Mapping[str, Any]] = Field(default_factory=dict, exclude=True)
    """What was given in epochs, by key; a list that has such items, whole."""
    parts: SkipValidation[Sequence[Any]] = Field(default=(), exclude=True)
    """The policies of a list, each an LrPolicySpec."""

    @model_validator(mode="wrap")
    @classmethod
    def _split(cls, value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        if isinstance(value, LrPolicySpec):
            return value
        if isinstance(value, list):
            return handler({"type": "list", "parts": _parts(value)})
        named = by_type(value)
        if named is None:
            return handler(without_type(value))
        name, own, where = named
        params, durations, lines = _judged(name, own, where)
        common = {key: own[key] for key in COMMON if key in own}
        try:
            made = handler({"type": name, "params": params, "durations": durations, **common})
        except ValidationError as error:
            lines = [*lines_of(error), *lines]
        if lines:
            raise refused(*lines)
        return made

    @property
    def is_of_torch(self) -> bool:
        """Whether it is a class of torch."""
        return self.type.startswith(SCHEDULERS.prefix)

    @property
    def needs_end(self) -> bool:
        """Whether its rates depend on the last iteration of the training."""
        last = self.parts[-1] if self.parts else self
        return last.type in LR_POLICIES and LR_POLICIES[last.type].ends

    def lengths(self, key: str) -> list[int | Duration]:
        """Return what a key that takes one length, or a list of them, was given."""
        given = self.durations.get(key, getattr(self.params, key, ()))
        return list(given) if isinstance(given, list | tuple) else [given]

    def turned(self, turn: Turn, path: Path) -> LrPolicySpec:
        """Return the policy with every length in iterations.

        Args:
            turn: what turns one.
            path: of the policy.
        """
        lengths = {key: turn(item, (*path, key)) for key, item in self.durations.items()}
        params: Any = self.params
        if isinstance(params, Record):
            params = params.model_copy(update=lengths)
        elif params is not None:
            params = {**params, **lengths}
        common = {key: turn(getattr(self, key), (*path, key)) for key in ("warmup", "max_iter")}
        parts = tuple(part.turned(turn, (*path, place)) for place, part in enumerate(self.parts))
        update = {"params": params, "durations": {}, "parts": parts, **common}
        return self.model_copy(update=update)


def _parts(written: Sequence[Any]) -> tuple[LrPolicySpec, ...]:
    """Read the policies of a list.

    Raises: ValidationError with the problems of all.
    """
    if not written:
        raise refused(line("PN013", "a list of policies has at least one", "", (), written))
    parts: list[LrPolicySpec] = []
    lines: list[InitErrorDetails] = []
    for place, item in enumerate(written):
        try:
            parts.append(LrPolicySpec.model_validate(item))
        except ValidationError as error:
            lines += [{**one, "loc": (place, *one.get("loc", ()))} for one in lines_of(error)]
    lines = lines or list(_misplaced(parts, written))
    if lines:
        raise refused(*lines)
    return tuple(parts)


def _misplaced(parts: Sequence[LrPolicySpec], written: Sequence[Any]) -> Iterator[InitErrorDetails]:
    """Yield what cannot stand where it stands in a list."""
    for place, part in enumerate(parts):
        problem: tuple[str, str, str, str] | None = None
        if part.parts:
            problem = ("PN010", "a policy is needed, not a list in a list", "", "")
        elif part.is_of_torch:
            why = "torch's schedulers keep count themselves"
            problem = ("PN015", why, "they follow each other in an lr_scheduler.SequentialLR", "")
        elif part.max_iter is None and place < len(parts) - 1:
            problem = ("PN011", "missing", "when does the next policy follow?", "max_iter")
        elif part.max_iter is not None and place == len(parts) - 1:
            why = "the last policy lasts to the end"
            problem = ("PN015", why, "leave it out", "max_iter")
        if problem:
            code, why, hint, key = problem
            found = line(code, why, hint, (key,) if key else (), written[place])
            yield {**found, "loc": (place, *found.get("loc", ()))}


def _judged(
    name: str, own: Mapping[str, Any], where: tuple[str, ...]
) -> tuple[Any, dict[str, Any], list[InitErrorDetails]]:
    """Return a policy's own keys, validated, what of them was given in epochs, and what is wrong
    with them."""
    mine = {key: item for key, item in own.items() if key not in COMMON}
    if name.startswith(SCHEDULERS.prefix):
        return _of_torch(name, mine, where)
    if name not in LR_POLICIES:
        return None, {}, [line("PN014", "unknown policy", _meant(name), where, name)]
    return _params(name, mine)


def _meant(name: str) -> str:
    """Return the policy that a name probably means; torch's, where its prefix was left out."""
    whole = SCHEDULERS.prefix + name
    return (
        f"did you mean {whole}?" if whole in SCHEDULERS.names() else suggestion(name, LR_POLICIES)
    )


def _params(
    name: str, own: Mapping[str, Any]
) -> tuple[Any, dict[str, Any], list[InitErrorDetails]]:
    read, lines = _read(own, ("stepsize", "stepvalue"))
    counted = {key: _counted(item) for key, item in read.items()}
    model = LR_POLICIES[name].params
    try:
        params = model.model_validate(counted)
    except ValidationError as error:
        known = {*fields_of(model), *COMMON, "type"}
        return None, {}, [*respelt(lines_of(error), known), *lines]
    return params, {key: item for key, item in read.items() if item != counted[key]}, lines


def _of_torch(
    name: str, own: Mapping[str, Any], where: tuple[str, ...]
) -> tuple[Any, dict[str, Any], list[InitErrorDetails]]:
    """Judge a class of torch, and those inside it."""
    lengths = measures(SCHEDULERS.kind(name)) if name in SCHEDULERS.names() else ()
    read, lines = _read(own, lengths)
    counted = {key: _counted(item) for key, item in read.items()}
    lines += list(_strange_inside(name, own)) or SCHEDULERS.lines(name, counted, where)
    return read, {key: item for key, item in read.items() if item != counted[key]}, lines


def _strange_inside(name: str, own: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
    """Yield what is wrong with the schedulers that a scheduler is made of."""
    for place, inner in enumerate(nested(own)):
        inside: list[InitErrorDetails] = []
        try:
            policy = LrPolicySpec.model_validate(inner)
        except ValidationError as error:
            inside = lines_of(error)
        else:
            if not policy.is_of_torch or any(key in inner for key in COMMON):
                why = f"{name} is made of torch's schedulers"
                inside = [line("PN014", why, "lr_scheduler.LinearLR, say", (), inner)]
            elif policy.durations:
                why = "schedulers inside others count in iterations"
                inside = [line("PN013", why, "", (), inner)]
        for one in inside:
            yield {**one, "loc": ("schedulers", place, *one.get("loc", ()))}


def _read(
    own: Mapping[str, Any], lengths: Sequence[str]
) -> tuple[dict[str, Any], list[InitErrorDetails]]:
    """Return the keys with their lengths parsed, and what is wrong with those."""
    read, lines = dict(own), []

    def parsed(text: str, *where: str | int) -> Any:
        try:
            return parse(text, least=0)
        except PydanticCustomError as error:
            lines.append(InitErrorDetails(type=error, loc=where, input=text))
            return 1

    for key in lengths:
        if isinstance(item := own.get(key), str):
            read[key] = parsed(item, key)
        elif isinstance(item, list):
            read[key] = [
                parsed(one, key, place) if isinstance(one, str) else one
                for place, one in enumerate(item)
            ]
    return read, lines


def _counted(item: Any) -> Any:
    """Return 1 for a duration, so that the rest can be checked before the data are known."""
    if isinstance(item, list):
        return [_counted(each) for each in item]
    return 1 if isinstance(item, Duration) else item
