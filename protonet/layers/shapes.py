"""Shapes as keys of a layer: a list of sizes or Caffe's {dim: [...]}, or several of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    WrapValidator,
)

from protonet.records import Count, custom_error, restated

Shape = tuple[int, ...]


def sizes(value: object) -> object:
    """Return the sizes of a shape as written, from Caffe's `dim` too.

    Raises: PydanticCustomError where it is neither.
    """
    written = value["dim"] if isinstance(value, Mapping) and [*value] == ["dim"] else value
    if not isinstance(written, list | tuple):
        raise custom_error("PN010", "a shape is a list of sizes", "[1, 3, 224, 224]")
    return written


def _one_or_more(
    value: object, handler: Callable[[object], tuple[Shape, ...]]
) -> tuple[Shape, ...]:
    """Read a bare shape as a list of one, and report what is wrong with it at its own place."""
    if isinstance(value, list | tuple) and value and all(map(_is_shape, value)):
        return handler([sizes(shape) for shape in value])
    try:
        return handler([sizes(value)])
    except ValidationError as error:
        lines = restated(error.errors(include_url=False))
        for line in lines:
            line["loc"] = line.get("loc", ())[1:]
        raise ValidationError.from_exception_data("shapes", lines) from None


def _is_shape(value: object) -> bool:
    return isinstance(value, list | tuple | Mapping)


def _bare_if_one(shapes: tuple[Shape, ...]) -> list[Any]:
    written = [list(shape) for shape in shapes]
    return written[0] if len(written) == 1 else written


def _schema(least: int) -> dict[str, Any]:
    listed = {"type": "array", "items": {"type": "integer", "minimum": least}}
    return {"anyOf": [listed, {"type": "object", "properties": {"dim": listed}}]}


OneShape = Annotated[tuple[Count, ...], BeforeValidator(sizes), WithJsonSchema(_schema(1))]
"""The sizes of one blob."""
NewShape = Annotated[
    tuple[Annotated[int, Field(strict=True, ge=-1, le=2**31 - 1)], ...],
    BeforeValidator(sizes),
    WithJsonSchema(_schema(-1)),
]
"""The sizes of one blob, where 0 and -1 may stand for what follows from another."""
Shapes = Annotated[
    tuple[tuple[Count, ...], ...],
    WrapValidator(_one_or_more),
    PlainSerializer(_bare_if_one),
    WithJsonSchema({"anyOf": [_schema(1), {"type": "array", "items": _schema(1)}]}),
]
"""The sizes of one blob, or a list of them with one per blob."""
