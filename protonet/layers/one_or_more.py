"""Keys that take one number for all, or a list with a number for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import PlainSerializer, ValidationError, WithJsonSchema, WrapValidator

from protonet.records import Count, NonNegative, Size, custom_error, restated

T = TypeVar("T")


def _one_or_more(value: object, handler: Callable[[object], T]) -> T:
    """Read a bare number as a list of one, and report what is wrong with it without a position.

    An empty list is refused here: pydantic's own least length counts the valid items only, so that
    one bad number would be two errors.
    """
    if isinstance(value, list | tuple):
        if not value:
            raise custom_error("PN013", "at least one number is needed")
        return handler(value)
    try:
        return handler((value,))
    except ValidationError as error:
        lines = restated(error.errors(include_url=False))
        for line in lines:
            line["loc"] = ()
        raise ValidationError.from_exception_data("sizes", lines) from None


def _bare_if_one(value: tuple[Any, ...]) -> Any:
    return value[0] if len(value) == 1 else list(value)


def _schema(kind: str, least: int) -> WithJsonSchema:
    number = {"type": kind, "minimum": least}
    return WithJsonSchema({"anyOf": [number, {"type": "array", "items": number, "minItems": 1}]})


_listed = (WrapValidator(_one_or_more), PlainSerializer(_bare_if_one))
Counts = Annotated[tuple[Count, ...], *_listed, _schema("integer", 1)]
"""A whole number of at least 1, or a list of them."""
Sizes = Annotated[tuple[Size, ...], *_listed, _schema("integer", 0)]
"""A whole number of at least 0, or a list of them."""
NonNegatives = Annotated[tuple[NonNegative, ...], *_listed, _schema("number", 0)]
"""A finite number of at least 0, or a list of them."""
