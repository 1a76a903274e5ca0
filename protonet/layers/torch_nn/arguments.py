"""The arguments of a torch constructor → the fields of a frozen, strict model.

A type annotation of torch becomes the strict type of the project; what torch leaves without one, or
says too loosely (`mode: str`), stands in a table here.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import torch
from pydantic import AfterValidator, Field, ValidationError, WrapValidator
from pydantic_core import PydanticCustomError

from protonet.records import Flag, Integer, Number, Text, custom_error

Arguments = Mapping[str, inspect.Parameter]

UNGIVEN = frozenset(
    {
        *("self", "device", "dtype", "size_average", "reduce", "return_indices", "args", "kwargs"),
        *("process_group", "_weight", "_freeze", "_random_samples", "options", "mode_of_rnn"),
        *("custom_encoder", "custom_decoder", "distance_function", "min_value", "max_value"),
    }
)
"""Arguments that no layer has: the net says them (device, dtype, the number of tops), torch has
given them up, or they are Python objects."""

_INTERPOLATION = Literal["nearest", "linear", "bilinear", "bicubic", "trilinear", "nearest-exact"]
_REDUCTION = Literal["mean", "sum"]
_CHOICES: Mapping[tuple[str, str], Any] = MappingProxyType(
    {
        ("", "reduction"): _REDUCTION,
        ("KLDivLoss", "reduction"): Literal["mean", "sum", "batchmean"],
        ("", "approximate"): Literal["none", "tanh"],
        ("", "nonlinearity"): Literal["tanh", "relu"],
        ("", "activation"): Literal["relu", "gelu"],
        ("Upsample", "mode"): _INTERPOLATION,
        ("EmbeddingBag", "mode"): Literal["sum", "mean", "max"],
    }
)
"""By class ("" for all) and argument: the texts that it may be."""
_DEFAULTS: Mapping[tuple[str, str], Any] = MappingProxyType(
    {("", "activation"): "relu", ("", "dim"): inspect.Parameter.empty}
)
"""Where torch's own default is a function, or one that it warns of."""
_DIMS = ("Softmax", "Softmin", "LogSoftmax")
"""Classes whose axis has to be said: torch would guess it from the number of axes."""
_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
_MANY = {int: "whole numbers", float: "numbers"}


def arguments_of(make: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the arguments of a class that a layer may give, annotations evaluated."""
    taken = inspect.signature(make, eval_str=True).parameters
    return {name: parameter for name, parameter in taken.items() if name not in UNGIVEN}


def field_of(owner: str, parameter: inspect.Parameter, follows: str, text: str) -> tuple[Any, Any]:
    """Return the type and default of one key.

    Args:
        owner: name of the class.
        parameter: the argument.
        follows: what of the bottoms the argument follows from; empty where from nothing.
        text: what torch's documentation says of it.
    """
    if follows:
        text = f"{text} Left out: {follows}; another value is refused."
        return _optional(parameter), Field(default=None, description=text.strip())
    default = _default(owner, parameter)
    kind = _kind(owner, parameter)
    if default is inspect.Parameter.empty:
        return kind, Field(description=text)
    return kind, Field(default=default, description=text)


def texts_of(documentation: str) -> dict[str, str]:
    """Return what the Args of a torch docstring say, by argument, on one line each."""
    parts = re.split(r"^\s+(\w+)(?: \([^\n]*?\))?: ", documentation, flags=re.MULTILINE)
    return {
        name: plain(text.split("\n\n")[0])
        for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def plain(text: str) -> str:
    """Return a text of torch's documentation without its markup, on one line."""
    unmarked = re.sub(r":\w+:`~?([^`<]*?)(?:\s*<[^`]*>)?`", r"\1", text)
    sentences = " ".join(unmarked.replace("``", "").replace("`", "").split()).split(". ")
    return ". ".join(one for one in sentences if "\\" not in one)  # formulas are no reading


def _default(owner: str, parameter: inspect.Parameter) -> Any:
    if parameter.name == "dim" and owner not in _DIMS:
        return parameter.default
    return _DEFAULTS.get(("", parameter.name), parameter.default)


def _optional(parameter: inspect.Parameter) -> Any:
    return Union[_typed(parameter.annotation, parameter.default), None]  # noqa: UP007  # at run time


def _kind(owner: str, parameter: inspect.Parameter) -> Any:
    name, annotation = parameter.name, parameter.annotation
    if name == "inplace":
        return Annotated[Flag, AfterValidator(_not_in_place)]
    choices = _CHOICES.get((owner, name)) or _CHOICES.get(("", name))
    if choices is not None:
        return choices
    if name == "padding" and str in get_args(annotation):
        kinds = (Literal["valid", "same"], *(one for one in get_args(annotation) if one is not str))
        return _either(kinds)
    return _typed(annotation, parameter.default)


def _not_in_place(value: bool) -> bool:
    if value:
        why = "a blob is not overwritten, because other layers may read it"
        raise custom_error("PN013", why, "leave inplace out")
    return value


def _typed(annotation: Any, default: Any) -> Any:
    """Return the strict type for an annotation; where there is none, for the default."""
    if annotation is inspect.Parameter.empty:
        annotation = type(default) if default not in (None, inspect.Parameter.empty) else int
        return (
            _typed(annotation | None, default) if default is None else _typed(annotation, default)
        )
    if get_origin(annotation) in (Union, types.UnionType):
        return _either(get_args(annotation))
    return _single(annotation)


def _single(annotation: Any) -> Any:
    known: dict[Any, Any] = {int: Integer, float: Number, bool: Flag, str: Text}
    if annotation in known:
        return known[annotation]
    if annotation is torch.Tensor:
        return tuple[Number, ...]
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal or not arguments:
        return annotation
    item, count = arguments[0], len(arguments)
    if get_origin(annotation) is not tuple or Ellipsis in arguments:
        return _many(item)
    return Annotated[_many(item), Field(min_length=count, max_length=count)]


def _many(annotation: Any) -> Any:
    """Return the type of a list; AdaptiveAvgPool takes null in it for "as in the bottom"."""
    one = _either(get_args(annotation)) if get_args(annotation) else _single(annotation)
    return types.GenericAlias(tuple, (one, ...))


def _either(annotations: tuple[Any, ...]) -> Any:
    """Return a union that is refused in one sentence instead of one per alternative."""
    kept = [one for one in annotations if one is torch.Tensor or one is not torch.Size]
    wanted = " or ".join(words(one) for one in kept if one is not type(None))

    def refused_once(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except (ValidationError, PydanticCustomError):
            raise custom_error("PN010", f"{wanted} is needed") from None

    whole = tuple(None if one is type(None) else _single(one) for one in kept)
    return Annotated[Union[whole], WrapValidator(refused_once)]  # noqa: UP007  # made at run time


def words(annotation: Any) -> str:
    """Return what may stand for an annotation, in words."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return " or ".join(map(str, arguments))
    if annotation is torch.Tensor or not arguments:
        return _WORDS.get(annotation, "a list of numbers")
    of_what = _MANY.get(arguments[0], "whole numbers")
    if get_origin(annotation) is not tuple or Ellipsis in arguments:
        return f"a list of {of_what}"
    return f"a list of {len(arguments)} {of_what}" if len(arguments) > 1 else "a list of 1"
