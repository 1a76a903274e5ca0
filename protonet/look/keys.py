"""The keys of a model as people read them: what may stand there, what does if nothing is given."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from protonet.records import fields_of

REQUIRED = "required"
_LARGEST = 2**31 - 1
"""The bound that all counts have says nothing."""
_JSON_SCHEMA = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_BOUNDS = _JSON_SCHEMA | {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
"""JSON Schema's words, and pydantic's own, which it leaves where a validator of ours stands between
the bound and the type."""
_PLAIN = {"boolean": "true | false", "string": "text", "object": "map"}


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        name: as it is written.
        type: what may stand there, in words.
        default: as it would be written, or `required`; empty where leaving it out means something
            of its own, which the description then says.
        description: what it means, and its unit.
    """

    name: str
    type: str
    default: str
    description: str


def keys_of(model: type[BaseModel], names: Iterable[str] | None = None) -> tuple[Key, ...]:
    """Return the keys of a model, or those of these names, in the order of the model."""
    schema = model.model_json_schema()
    wanted = set(fields_of(model) if names is None else names)
    return tuple(
        Key(
            name,
            described(schema["properties"][name], schema.get("$defs", {})),
            REQUIRED
            if field.is_required()
            else _written(field.get_default(call_default_factory=True)),
            " ".join(inspect.cleandoc(field.description or "").split()),
        )
        for name, field in fields_of(model).items()
        if name in wanted
    )


def sentence_of(text: str) -> str:
    """Return the first sentence of a docstring, on one line.

    >>> sentence_of("Do this,\\nand that. Then more.\\n\\nBottom: any.")
    'Do this, and that.'
    """
    paragraph = " ".join(text.partition("\n\n")[0].split())
    head, stop, _ = paragraph.partition(". ")
    return f"{head}." if stop else paragraph


def _written(default: Any) -> str:
    """Return a default as it would stand in YAML."""
    if default is None or default in ((), {}):
        return ""
    plain = to_jsonable_python(default.plain() if hasattr(default, "plain") else default)
    if isinstance(plain, list) and len(plain) == 1:
        plain = plain[0]
    text = yaml.safe_dump(plain, default_flow_style=True, sort_keys=False, width=math.inf)
    return text.removesuffix("\n").removesuffix("\n...")


def described(schema: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """Return in words what a JSON Schema admits.

    Args:
        schema: the schema of one value.
        known: the schemas that `$ref` names, `#/$defs/NAME`.

    >>> described({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}, {})
    'whole number ≥ 1'
    """
    if "$ref" in schema:
        return described(known[schema["$ref"].rpartition("/")[2]], known)
    if "anyOf" in schema:
        return _either(schema["anyOf"], known)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    return _typed(schema, known)


def _either(schemas: Iterable[Mapping[str, Any]], known: Mapping[str, Any]) -> str:
    """Return the alternatives, each once; the many maps of a filler are one."""
    texts = (described(one, known) for one in schemas if one.get("type") != "null")
    return ", or ".join(dict.fromkeys(texts))


def _typed(schema: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    match schema.get("type"):
        case "integer":
            return f"whole number{_bounds(schema)}"
        case "number":
            return f"number{_bounds(schema)}"
        case "array":
            of_each: Mapping[str, Any] = schema.get("items") or next(
                iter(schema.get("prefixItems", ())), {}
            )
            return _listed(described(of_each, known))
        case kind:
            return _PLAIN.get(str(kind), str(schema.get("const", "anything")))


def _listed(item: str) -> str:
    """Return a list of something: `list of whole numbers ≥ 1`."""
    for one, many in (("whole number", "whole numbers"), ("number", "numbers"), ("text", "texts")):
        if item.startswith(one):
            return f"list of {many}{item.removeprefix(one)}"
    return "list of maps" if item == "map" else f"list of {item}"


def _bounds(schema: Mapping[str, Any]) -> str:
    bounds = ((sign, schema[name]) for name, sign in _BOUNDS.items() if name in schema)
    texts = [f"{sign} {bound:g}" for sign, bound in bounds if bound != _LARGEST]
    text = f" {', '.join(texts)}" if texts else ""
    return text.replace("> 0", "≥ 1") if schema["type"] == "integer" else text
