"""`net.defaults`: the keys that every layer of a type starts from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from protonet.language import LayerData
from protonet.language.recurrence import RECURRENT, ROLES
from protonet.layers.record import LayerType
from protonet.spec.keys import line, lines_of
from protonet.spec.layer import LayerSpec
from protonet.spec.unknown_type import unknown_type

_OWN = frozenset({"name", "type"})
"""Keys that no layer can have from its type."""
_OF_A_USE = frozenset({"block", *ROLES})
"""Keys of a recurrent layer that say which blobs it reads, before there are defaults."""


def with_defaults(net: Mapping[str, Any]) -> dict[str, Any]:
    """Return a net's plain data with the defaults merged into its layers."""
    layers, defaults = net.get("layers"), net["defaults"]
    if not isinstance(layers, list | tuple):
        return dict(net)
    return {**net, "layers": [_merged(layer, defaults) for layer in layers]}


def without_contradictions(
    net: Mapping[str, Any], lines: Iterable[InitErrorDetails], context: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return a net's plain data with the defaults merged into its layers, but for those keys that
    contradict a layer's own: `kernel_size` beside `global_pooling: true`.

    Args:
        net: the plain data.
        lines: what is wrong where all defaults are merged.
        context: of the validation.

    Returns: None where no default contradicts anything.
    """
    merged, places = with_defaults(net), {_contradiction(one) for one in lines}
    found = False
    for place in places - {None}:
        layer, default = net["layers"][place], net["defaults"].get(merged["layers"][place]["type"])
        kept = _agreeing(layer, default, context) if isinstance(default, Mapping) else default
        if kept != default:
            merged["layers"][place] = _merged(layer, {layer["type"]: kept})
            found = True
    return merged if found else None


def _contradiction(one: InitErrorDetails) -> int | None:
    """Return the place of the layer whose keys contradict each other; None for other errors."""
    match one.get("loc", ()):
        case ("layers", int(place), *_) if _type_of(one) == "PN015":
            return place
    return None


def _agreeing(
    layer: Mapping[str, Any], default: Mapping[str, Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the default keys that contradict neither a layer's own keys nor those before them."""
    kept: dict[str, Any] = {}
    for key, value in default.items():
        more = {**kept, key: value}
        if key in ("param", *layer) or not _is_contradictory(layer, more, context):
            kept = more
    return kept


def _is_contradictory(
    layer: Mapping[str, Any], default: Mapping[str, Any], context: Mapping[str, Any]
) -> bool:
    merged = _merged(layer, {layer["type"]: default})
    try:
        LayerSpec.model_validate(merged, context={**context, "lenient": False})
    except ValidationError as error:
        return any(_type_of(one) == "PN015" for one in lines_of(error))
    return False


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` changed by `over`: maps merge, everything else is replaced.

    A map of another `type` is another thing, and replaces too: `{type: constant, value: 1}` takes
    no `std` from `{type: gaussian, std: 0.01}`.
    """
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and _same_type(old, value):
            merged[key] = deep_merge(old, value)
        else:
            merged[key] = value
    return merged


def _same_type(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return "type" not in new or old.get("type") == new["type"]


def default_lines(
    defaults: Mapping[str, Any], context: Mapping[str, Any]
) -> Iterator[InitErrorDetails]:
    """Yield what is wrong in the defaults themselves, whether or not a layer uses them."""
    layers: Mapping[str, LayerType] = context["layers"]
    for name, keys in defaults.items():
        if name not in layers:
            why, hint = unknown_type(name, layers)
            yield line("PN020", why, hint, ("defaults", name), name)
        elif isinstance(keys, Mapping):
            yield from _type_lines(layers[name], keys, context)


def _type_lines(
    kind: LayerType, keys: Mapping[str, Any], context: Mapping[str, Any]
) -> Iterator[InitErrorDetails]:
    where = ("defaults", kind.name)
    own = _OWN | _OF_A_USE if kind.name == RECURRENT else _OWN
    for key in sorted(own & keys.keys()):
        why = f"a layer's {key} is its own"
        yield line("PN012", why, "leave it out here", (*where, key), keys[key])
    params = keys.get("param")
    for name, value in params.items() if isinstance(params, Mapping) else ():
        if name not in kind.parameters:
            why = f"{kind.name} has no parameter {name}"
            hint = f"it has {', '.join(kind.parameters)}" if kind.parameters else "it has none"
            yield line("PN027", why, hint, (*where, "param", name), value)
    for one in _layer_lines(kind.name, keys, context):
        yield {**one, "loc": (*where, *one.get("loc", ()))}


def _layer_lines(
    name: str, keys: Mapping[str, Any], context: Mapping[str, Any]
) -> Iterator[InitErrorDetails]:
    """Yield what a layer of these keys alone would be refused for; keys may still be missing."""
    layer = {key: value for key, value in keys.items() if key not in _OWN}
    strict = {**context, "lenient": False}
    try:
        LayerSpec.model_validate({**layer, "name": name, "type": name}, context=strict)
    except ValidationError as error:
        for one in lines_of(error):
            key = next(iter(one.get("loc", ())), None)
            if key in layer and _type_of(one) != "missing":
                yield one


def _type_of(one: InitErrorDetails) -> str:
    return one["type"] if isinstance(one["type"], str) else one["type"].type


def _merged(layer: Any, defaults: Mapping[str, Any]) -> Any:
    if not isinstance(layer, Mapping) or not isinstance(layer.get("type"), str):
        return layer
    default = defaults.get(layer["type"])
    if not isinstance(default, Mapping):
        return layer
    kept = {key: value for key, value in default.items() if key not in {*_OWN, "param"}}
    merged = LayerData(deep_merge(kept, layer))
    hidden = getattr(layer, "hidden", {})
    merged.hidden = {**hidden, "default_param": default.get("param", {})}
    return merged
