"""JSON Schemas of maps: the keys of a model, and maps whose `type` says which keys they have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from protonet.editor.values import Schema, choice, converted, described, either, ref
from protonet.fillers import FILLERS, Filler
from protonet.records import fields_of

_FILLER_NAMES = {"enum": sorted(FILLERS)}
"""The first of what a filler may be, in pydantic's schema."""
_OURS: Mapping[str, Any] = {
    "InputSpec": ref("input"),
    "OptimizerSpec": ref("optimizer"),
    "LrPolicySpec": ref("lr_policy"),
}
"""Models whose schema is no list of their fields, and the definitions that they have here."""


def keys(
    model: type[BaseModel],
    spelt: Mapping[str, Mapping[str, Any]] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Schema:
    """Return the keys of a model with their schemas.

    Args:
        model: fields with `exclude` are no keys of the language.
        spelt: schemas of fields that take more than pydantic knows.
        texts: what is said of fields in place of their own descriptions.
    """
    raw = model.model_json_schema()
    known = {**raw.get("$defs", {}), **_OURS}
    return {
        name: described(
            dict((spelt or {}).get(name) or _value(raw["properties"][name], known)),
            f"{(texts or {}).get(name) or field.description or ''}"
            f"{' Required.' if field.is_required() else ''}",
            _default(field),
        )
        for name, field in fields_of(model).items()
        if not field.exclude
    }


def required(model: type[BaseModel]) -> list[str]:
    """Return the keys that a model must be given."""
    return [name for name, field in fields_of(model).items() if field.is_required()]


def closed(properties: Mapping[str, Any], needed: Iterable[str] = ()) -> Schema:
    """Return a map with these keys and no others."""
    names = list(needed)
    schema: Schema = {"type": "object", "properties": dict(properties)}
    return {**schema, **({"required": names} if names else {}), "additionalProperties": False}


def model(
    kind: type[BaseModel], spelt: Mapping[str, Mapping[str, Any]] | None = None, text: bool = True
) -> Schema:
    """Return the map that a model reads.

    Args:
        kind: the model.
        spelt: schemas of fields that take more than pydantic knows.
        text: say what the model is.
    """
    schema = closed(keys(kind, spelt), required(kind))
    return described(schema, kind.__doc__) if text else schema


def when(condition: Mapping[str, Any], then: Mapping[str, Any]) -> Schema:
    """Return what demands something under a condition."""
    return {"if": dict(condition), "then": dict(then)}


def of_type(name: str) -> Schema:
    """Return the condition that a map has a `type` of this name."""
    return {"type": "object", "required": ["type"], "properties": {"type": {"const": name}}}


def typed(
    kinds: Mapping[str, type[BaseModel]],
    what: str,
    *,
    others: Mapping[str, Any] | None = None,
    default: str | None = None,
    spelt: Mapping[str, Mapping[str, Any]] | None = None,
    needed: bool = True,
) -> Schema:
    """Return a map with a `type`, which says what other keys it has.

    Args:
        kinds: the model of each type's own keys.
        what: the types are, in a word or two.
        others: names beside those of `kinds`; their maps may have any keys.
        default: the type of a map that names none.
        needed: refuse a map that names none, and there is no default.
        spelt: schemas of keys that take more than pydantic knows.
    """
    names = type_name(kinds, others)
    own = {name: {"type": True, **keys(kind, spelt)} for name, kind in kinds.items()}
    branches = [
        when(of_type(name), closed(own[name], required(kind))) for name, kind in kinds.items()
    ]
    schema: Schema = {"type": "object", "properties": {"type": described(names, what, default)}}
    if default is None:
        return {**schema, **({"required": ["type"]} if needed else {}), "allOf": branches}
    without = when({"not": {"required": ["type"]}}, closed(own[default]))
    return {**schema, "allOf": [*branches, without]}


def type_name(
    kinds: Mapping[str, type[BaseModel]], others: Mapping[str, Any] | None = None
) -> Schema:
    """Return what admits the name of a type."""
    texts = [" ".join((kind.__doc__ or "").split()) for kind in kinds.values()]
    return either(choice(kinds, texts), *([others] if others else []))


def _value(raw: Mapping[str, Any], known: Mapping[str, Any]) -> Schema:
    """Return the schema of a field's value; a filler's is a definition of its own."""
    return converted(_with_fillers(raw), {**known, "filler": ref("filler")})


def _with_fillers(raw: Any) -> Any:
    """Return a schema with a reference wherever pydantic wrote out what a filler may be."""
    if isinstance(raw, Mapping):
        if raw.get("anyOf", [None])[0] == _FILLER_NAMES:
            return {"$ref": "filler"}
        return {key: _with_fillers(value) for key, value in raw.items()}
    return [_with_fillers(item) for item in raw] if isinstance(raw, list) else raw


def _default(field: FieldInfo) -> Any:
    """Return a default as plain data that stands for it in YAML."""
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    if isinstance(default, tuple) and len(default) == 1:
        default = default[0]
    if isinstance(default, Filler):
        own = default.params.model_dump(exclude_defaults=True)
        return {"type": default.type, **own} if own else default.type
    if isinstance(default, BaseModel):
        return getattr(default, "type", None)
    plain = to_jsonable_python(default)
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
