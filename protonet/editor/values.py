"""JSON Schemas of single values, made from what pydantic says of a field.

Pydantic's words become those of draft-07, the draft that every YAML language server knows, and
every value may be a text with a `$` in it besides: a variable, or an expression.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

Schema = dict[str, Any]
"""A JSON Schema, or a part of one."""

EXPRESSION: Schema = {"type": "string", "pattern": r"\$"}
"""A text with `$name` or `$(expression)`."""
TEXT: Schema = {"type": "string", "minLength": 1}
"""A text that is not empty."""

_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""Pydantic's own words, which it leaves where a validator stands between a bound and a type."""
_KEPT = frozenset(
    ("type", "enum", "const", "pattern", "minimum", "maximum", "exclusiveMinimum")
    + ("exclusiveMaximum", "minLength", "minItems", "maxItems")
)
_WHOLE = frozenset({"enum", "const", "anyOf", "allOf", "$ref"})
"""Words that speak of all kinds of values, so that schemas with them cannot be joined."""
_WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
}
"""What is said of the types; an expression is admitted besides, and not worth a word."""
_DURATION = "iterations?"
"""Part of the pattern of every duration."""


def ref(name: str) -> Schema:
    """Return a reference to one of the definitions."""
    return {"$ref": f"#/definitions/{name}"}


def converted(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Schema:
    """Return pydantic's schema of a value in draft-07, with `$` admitted wherever it may stand.

    Args:
        schema: what pydantic says.
        known: what its `$ref`s mean: schemas of pydantic's, or references of ours to keep.
    """
    return either(*_alternatives(schema, known))


def either(*schemas: Mapping[str, Any]) -> Schema:
    """Return what admits any of the schemas, or an expression; joined to one where that can be.

    A lone reference stays one: what it means admits expressions itself.
    """
    if len(schemas) == 1 and "$ref" in schemas[0]:
        return dict(schemas[0])
    joined: list[Schema] = []
    for schema in (*schemas, EXPRESSION):
        place = next((i for i, other in enumerate(joined) if _fit(other, schema)), None)
        if place is None:
            joined.append(dict(schema))
        else:
            joined[place] = _join(joined[place], schema)
    return _explained(joined[0]) if len(joined) == 1 else {"anyOf": joined}


def one_or_list(item: Mapping[str, Any]) -> Schema:
    """Return what admits a value, or a list of such values."""
    return either(*item.get("anyOf", [item]), {"type": "array", "items": dict(item)})


def choice(names: Iterable[str], texts: Iterable[str] = ()) -> Schema:
    """Return what admits one of the names.

    Args:
        names: in the order in which an editor shows them.
        texts: what there is to say of each.
    """
    told = list(texts)
    return {"enum": list(names), **({"enumDescriptions": told} if told else {})}


def _alternatives(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[Schema]:
    """Yield what a value may be, each without alternatives of its own."""
    if "$ref" in schema:
        meant = known[schema["$ref"].rpartition("/")[2]]
        yield from [meant] if "$ref" in meant else _alternatives(meant, known)
    elif "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from _alternatives(one, known)
    else:
        yield _plain(schema, known)


def _plain(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Schema:
    """Return a schema without alternatives in draft-07's words."""
    plain = {_BOUNDS.get(key, key): value for key, value in schema.items()}
    plain = {key: value for key, value in plain.items() if key in _KEPT}
    if "enum" in plain or "const" in plain:
        return choice(plain.get("enum", [plain.get("const")]))
    if "prefixItems" in schema:
        plain["items"] = [converted(item, known) for item in schema["prefixItems"]]
    elif "items" in schema:
        plain["items"] = converted(schema["items"], known)
    if schema.get("type") == "object":
        plain |= _object(schema, known)
    return plain


def _object(schema: Mapping[str, Any], known: Mapping[str, Any]) -> Schema:
    others = schema.get("additionalProperties", "properties" not in schema)
    plain: Schema = {
        "additionalProperties": others if isinstance(others, bool) else converted(others, known)
    }
    if "properties" in schema:
        plain["properties"] = {
            name: described(converted(value, known), value.get("description"), value.get("default"))
            for name, value in schema["properties"].items()
        }
    if "required" in schema:
        plain["required"] = schema["required"]
    return plain


def described(schema: Schema, text: str | None, default: Any = None) -> Schema:
    """Return a schema with what an editor shows beside it.

    Args:
        schema: of the value.
        text: what it means.
        default: what holds if it is left out, as it would be written; None, and what is empty,
            where the text says so.
    """
    lines = " ".join((text or "").split())
    if default in (None, [], {}):
        return {**schema, **({"description": lines} if lines else {})}
    whole = f"{lines} Default: {flow(default)}".lstrip()
    return {**schema, "description": whole, "default": default}


def flow(value: Any) -> str:
    """Return a value as it stands in YAML, on one line.

    >>> flow({"type": "gaussian", "std": 0.01}), flow(1.0)
    ('{type: gaussian, std: 0.01}', '1.0')
    """
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=math.inf)
    return text.removesuffix("\n").removesuffix("\n...")


def _explained(schema: Schema) -> Schema:
    """Return a schema with what an editor says of a text that is no expression."""
    words = [_WORDS[kind] for kind in _listed(schema["type"]) if kind in _WORDS]
    if _DURATION in str(schema.get("pattern")):
        words.append("a duration such as 500 iterations")
    if not words or "pattern" not in schema:
        return schema
    return {**schema, "patternErrorMessage": f"{', or '.join(words)} is needed"}


def _types(schema: Mapping[str, Any]) -> set[str]:
    kinds = schema["type"]
    return {kinds} if isinstance(kinds, str) else set(kinds)


def _fit(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two schemas can be said in one: of different types, or both of a text."""
    if "type" not in one or "type" not in other or _WHOLE & (one.keys() | other.keys()):
        return False
    common = _types(one) & _types(other)
    if common == {"string"}:
        return not (one.keys() & other.keys()) - {"type", "pattern", "minLength"}
    return not common and not (one.keys() & other.keys()) - {"type"}


def _join(one: Mapping[str, Any], other: Mapping[str, Any]) -> Schema:
    """Return what admits either of two schemas that fit."""
    types = list(dict.fromkeys([*_listed(one["type"]), *_listed(other["type"])]))
    joined = {**one, **other, "type": types[0] if len(types) == 1 else types}
    if "string" in _types(one) & _types(other):
        patterns = [schema.get("pattern") for schema in (one, other)]
        joined.pop("pattern", None)
        if None not in patterns:
            joined["pattern"] = "|".join(dict.fromkeys(map(str, patterns)))
    return joined


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
