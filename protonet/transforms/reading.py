"""What stands in YAML under `transform`, read and checked; and written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from protonet.records import custom_error, restated, suggestion
from protonet.transforms.caffe import CaffeTransform
from protonet.transforms.record import Step, TransformType

Types = Mapping[str, TransformType]


def read_with(types: Types, written: object) -> CaffeTransform | tuple[Step, ...]:
    """Read Caffe's map, or a list of `{type: …}`.

    Args:
        types: the transform types by name.
        written: plain data, or what this function gave before.

    Raises: ValidationError or PydanticCustomError with every problem, which a model's validator
        turns into its own, at the right path.
    """
    if isinstance(written, CaffeTransform):
        return written
    if isinstance(written, Mapping):
        return _caffe(written)
    if isinstance(written, list | tuple):
        return _steps(types, written)
    hint = "for example {scale: 0.00390625} or [{type: Scale, factor: 0.00390625}]"
    raise custom_error("PN010", "a map or a list of transforms is needed", hint)


def plain(transform: CaffeTransform | Sequence[Step]) -> dict[str, Any] | list[dict[str, Any]]:
    """Return a transform as plain data that `read_transform` takes; keys at their default go."""
    if isinstance(transform, CaffeTransform):
        return transform.model_dump(mode="json", exclude_defaults=True)
    return [
        {"type": step.kind.name, **step.params.model_dump(mode="json", exclude_defaults=True)}
        for step in transform
    ]


def _caffe(written: Mapping[Any, Any]) -> CaffeTransform:
    if "type" in written:
        raise custom_error(
            "PN010",
            "transforms with a type stand in a list",
            "write [{type: …}]; a map without type is Caffe's",
        )
    return CaffeTransform.model_validate(written)


def _steps(types: Types, written: Sequence[Any]) -> tuple[Step, ...]:
    steps: list[Step] = []
    problems: list[InitErrorDetails] = []
    for number, entry in enumerate(written):
        try:
            steps.append(entry if isinstance(entry, Step) else _step(types, entry))
        except ValidationError as error:
            lines = restated(error.errors(include_url=False))
            problems += [{**line, "loc": (number, *line.get("loc", ()))} for line in lines]
    if problems:
        raise ValidationError.from_exception_data("transform", problems)
    return tuple(steps)


def _step(types: Types, entry: object) -> Step:
    if not isinstance(entry, Mapping):
        raise _problem(
            "PN010", "a transform is a map with a type", "for example {type: Mirror}", (), entry
        )
    if "type" not in entry:
        raise _problem("PN011", "missing", f"known: {', '.join(sorted(types))}", ("type",), entry)
    name = entry["type"]
    if not isinstance(name, str) or name not in types:
        raise _problem("PN014", "unknown transform", suggestion(name, types), ("type",), name)
    keys = {key: value for key, value in entry.items() if key != "type"}
    return Step(types[name], types[name].params.model_validate(keys))


def _problem(
    code: str, why: str, hint: str, where: tuple[str, ...], found: object
) -> ValidationError:
    line = InitErrorDetails(type=custom_error(code, why, hint), loc=where, input=found)
    return ValidationError.from_exception_data("transform", [line])
