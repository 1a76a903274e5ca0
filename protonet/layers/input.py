"""Input: blobs that are fed from outside, declared as a layer in Caffe's manner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import PlainSerializer, ValidationError, WithJsonSchema, WrapValidator
from torch import nn

from protonet.errors import ShapeError
from protonet.layers.record import Arity, Blob, DTypeName, LayerType, Setting
from protonet.records import Count, Record, custom_error, restated

Shape = tuple[int, ...]
Shapes = tuple[Shape, ...]


def _one_or_more(value: object, handler: Callable[[object], Shapes]) -> Shapes:
    """Read a bare shape as a list of one, and report what is wrong with it at its own place."""
    if isinstance(value, list | tuple) and value and all(map(_is_shape, value)):
        return handler([_sizes(shape) for shape in value])
    try:
        return handler([_sizes(value)])
    except ValidationError as error:
        lines = restated(error.errors(include_url=False))
        for line in lines:
            line["loc"] = line.get("loc", ())[1:]
        raise ValidationError.from_exception_data("shapes", lines) from None


def _is_shape(value: object) -> bool:
    return isinstance(value, list | tuple | Mapping)


def _sizes(value: object) -> object:
    """Return the sizes of a shape, from Caffe's `dim` too."""
    sizes = value["dim"] if isinstance(value, Mapping) and [*value] == ["dim"] else value
    if not isinstance(sizes, list | tuple):
        raise custom_error("PN010", "a shape is a list of sizes", "[1, 3, 224, 224]")
    return sizes


def _bare_if_one(shapes: Shapes) -> list[Any]:
    written = [list(shape) for shape in shapes]
    return written[0] if len(written) == 1 else written


_SIZES = {"type": "array", "items": {"type": "integer", "minimum": 1}}
_SHAPE = {"anyOf": [_SIZES, {"type": "object", "properties": {"dim": _SIZES}}]}
_SCHEMA = WithJsonSchema({"anyOf": [_SHAPE, {"type": "array", "items": _SHAPE}]})


class InputParams(Record):
    """What is fed, taken literally: the first axis is whatever the shape says."""

    shape: Annotated[
        tuple[tuple[Count, ...], ...],
        WrapValidator(_one_or_more),
        PlainSerializer(_bare_if_one),
        _SCHEMA,
    ]
    """Sizes of the axes, the batch axis included: one shape for all tops, or a list of shapes with
    one per top. Caffe's {dim: [...]} is a shape too."""
    dtype: DTypeName = "float32"
    """Element type; int64 for class labels."""

    def shapes(self) -> Shapes:
        """Return the shape of every top, or the one that all have."""
        return self.shape


def build(params: InputParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    """Refuse: whoever wires a net takes an Input layer for the inputs that it declares.

    Tops: any number, of the shapes given.
    Raises: ShapeError.
    Source: Caffe, input_layer.cpp.
    """
    raise ShapeError("an Input layer is not built", "its tops are inputs of the net")


INPUT = LayerType(
    name="Input",
    params=InputParams,
    build=build,
    bottoms=Arity(0, 0),
    tops=Arity(1, None),
    exclusions=MappingProxyType({"run": "it stands for inputs of the net and is never built"}),
)
