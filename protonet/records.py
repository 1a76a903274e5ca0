"""Frozen, strict records and the tables that hold them by name.

One mechanism serves layers, fillers, learning-rate policies, transforms and sources: a record with
a `name`, and a table that refuses duplicates and knows the nearest name to a misspelt one.
"""

from __future__ import annotations

import difflib
import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError


def custom_error(code: str, why: str, hint: str = "") -> PydanticCustomError:
    """Return an error for a validator to raise; `code` is one of `protonet.problems.CODES`."""
    return PydanticCustomError(code, "{why}", {"why": why, "hint": hint})


def restated(errors: Iterable[Any]) -> list[InitErrorDetails]:
    """Return pydantic's `errors()` in the form that a new ValidationError is made from."""
    return [
        InitErrorDetails(
            type=PydanticCustomError(
                error["type"], "{msg}", {**error.get("ctx", {}), "msg": error["msg"]}
            ),
            loc=error["loc"],
            input=error["input"],
        )
        for error in errors
    ]


class Record(BaseModel):
    """A frozen model: an unknown key is refused with the nearest known one, and the docstring of
    each attribute becomes the JSON schema's text."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, arbitrary_types_allowed=True
    )

    @model_validator(mode="wrap")
    @classmethod
    def _name_unknown_keys(cls, value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            raise cls._explained(error) from None

    @classmethod
    def _explained(cls, error: ValidationError) -> ValidationError:
        errors = error.errors(include_url=False)
        if all(one["type"] != "extra_forbidden" for one in errors):
            return error  # a record inside has named its own already
        known = fields_of(cls)
        lines = restated(errors)
        for line, old in zip(lines, errors, strict=True):
            if old["type"] == "extra_forbidden":
                hint = suggestion(old["loc"][-1], known)
                line["type"] = custom_error("PN012", "unknown key", hint)
        return ValidationError.from_exception_data(cls.__name__, lines)


def _number(value: object) -> object:
    """Refuse everything that is no YAML number; pydantic's lax mode would take "3" and true."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("float_type", "a number is needed")
    return value


Count = Annotated[int, Field(strict=True, gt=0, le=2**31 - 1)]
"""A whole number of at least 1, and at most what Caffe's int32 holds: torch and NumPy have no
message of ours for what is larger."""
Size = Annotated[int, Field(strict=True, ge=0)]
"""A whole number of at least 0."""
Integer = Annotated[int, Field(strict=True)]
"""A whole number."""
Number = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
"""A finite number; a whole one is taken too."""
Positive = Annotated[float, BeforeValidator(_number), Field(gt=0, allow_inf_nan=False)]
"""A finite number above 0."""
NonNegative = Annotated[float, BeforeValidator(_number), Field(ge=0, allow_inf_nan=False)]
"""A finite number of at least 0."""
Fraction = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1)]
"""A number from 0 to 1."""
Flag = Annotated[bool, Field(strict=True)]
"""true or false, nothing else."""
Text = Annotated[str, Field(strict=True, min_length=1)]
"""A text that is not empty."""
ChannelOrder = Literal["RGB", "BGR", "gray"]
"""Order of the channels of an image."""


class Named(Protocol):
    """What a table holds: anything with a name."""

    @property
    def name(self) -> str:
        """What it is found by."""
        ...


N = TypeVar("N", bound=Named)


def catalogue(records: Iterable[N]) -> MappingProxyType[str, N]:
    """Return a read-only table of the records by name.

    Raises: ValueError if two records have the same name.
    """
    table: dict[str, N] = {}
    for record in records:
        if record.name in table:
            raise ValueError(f"two records are named {record.name}")
        table[record.name] = record
    return MappingProxyType(table)


_MOST_COMPARED = 1_000
"""Names that a misspelt one is compared with; of more, those nearest to it in the alphabet."""
_MOST_WORK = 150_000
"""Names that are compared within `few_suggestions`: a third of a second."""
_work_left: ContextVar[list[int] | None] = ContextVar("work left", default=None)


@contextmanager
def few_suggestions() -> Iterator[None]:
    """Within it, `suggestion` says nothing more once a great many names have been compared: of
    thousands of mistakes only the first are told."""
    token = _work_left.set([_MOST_WORK])
    try:
        yield
    finally:
        _work_left.reset(token)


def nearest(name: object, known: Iterable[str]) -> str | None:
    """Return the known name closest to a misspelt one, or None where none is close."""
    names = sorted(known)
    if len(names) > _MOST_COMPARED:
        start = max(0, bisect_left(names, str(name)) - _MOST_COMPARED // 2)
        names = names[start : start + _MOST_COMPARED]
    return _nearest(str(name), tuple(names))


@lru_cache(maxsize=1024)  # one mistake is often made in a thousand layers
def _nearest(name: str, names: tuple[str, ...]) -> str | None:
    by_lower = {known_name.lower(): known_name for known_name in reversed(names)}
    lower = name.lower()
    close = difflib.get_close_matches(lower, list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def suggestion(name: object, known: Iterable[str], *, most: int = 12) -> str:
    """Return "did you mean X?", else the known names where they are few, else their number; nothing
    where `few_suggestions` has ended.

    >>> suggestion("kernal_size", ["kernel_size", "stride"])
    'did you mean kernel_size?'
    >>> suggestion("colour", ["kernel_size", "stride"])
    'known: kernel_size, stride'
    """
    left = _work_left.get()
    if left is not None and left[0] <= 0:
        return ""
    names = list(known)
    if left is not None:
        left[0] -= min(len(names), _MOST_COMPARED) + len(names) // 10  # the others are only sorted
    close = nearest(name, names)
    if close:
        return f"did you mean {close}?"
    names.sort()
    if len(names) <= most:
        return f"known: {', '.join(names)}" if names else "there is none"
    return f"known: {', '.join(names[:most])} and {len(names) - most} more"


def shortened(value: object, most: int = 60) -> str:
    """Return a value as a person would write it in YAML, cut to `most` characters."""
    text = _plain(value, most)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _plain(value: object, most: int) -> str:
    """Return a value as YAML on one line, of containers no more items than fit."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value[: most + 1], ensure_ascii=False)
        case Mapping():
            items = islice(value.items(), most)
            return "{" + ", ".join(f"{key}: {_plain(item, most)}" for key, item in items) + "}"
        case list() | tuple():
            return "[" + ", ".join(_plain(item, most) for item in value[:most]) + "]"
        case _:
            return str(value)


def fields_of(record: type[BaseModel]) -> Mapping[str, Any]:
    """Return the fields a record takes, under the names a user writes."""
    return {field.alias or name: field for name, field in record.model_fields.items()}
