"""What differs between two specs, after expansion and with every default filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from protonet.look.flat_names import FlatNaming, Roles
from protonet.records import shortened
from protonet.schema import Spec
from protonet.spec.kept import wirer_of
from protonet.spec.layer import LayerSpec
from protonet.spec.net import NetSpec

Facts = dict[str, Any]
_ABSENT = object()
_LAYERS = "net.layers."


@dataclass(frozen=True, slots=True)
class Difference:
    """One key that two specs differ in.

    Attributes:
        path: where, as words.
        kind: `changed`, `added` (only the second has it) or `removed` (only the first has it).
        before: the value in the first.
        after: the value in the second.
    """

    path: str
    kind: Literal["changed", "added", "removed"]
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        if self.kind == "changed":
            return f"~ {self.path}: {shortened(self.before)} → {shortened(self.after)}"
        sign, value = ("+", self.after) if self.kind == "added" else ("-", self.before)
        return f"{sign} {self.path}: {shortened(value)}"


def differences(first: Facts, second: Facts) -> list[Difference]:
    """Return what differs between the facts of two specs, in their order; a layer that only one of
    them has is one difference."""
    found = list(_whole_layers(first, second))
    whole = {difference.path for difference in found}
    for path in dict.fromkeys([*first, *second]):
        if _layer_of(path) in whole:
            continue
        before, after = first.get(path, _ABSENT), second.get(path, _ABSENT)
        if after is _ABSENT:
            found.append(Difference(path, "removed", before))
        elif before is _ABSENT:
            found.append(Difference(path, "added", after=after))
        elif before != after:
            found.append(Difference(path, "changed", before, after))
    return found


def _whole_layers(first: Facts, second: Facts) -> Iterator[Difference]:
    types = [{path: facts[path] for path in facts if _is_type(path)} for facts in (first, second)]
    for path, kind in types[0].items():
        if path not in types[1]:
            yield Difference(_layer_of(path), "removed", kind)
    for path, kind in types[1].items():
        if path not in types[0]:
            yield Difference(_layer_of(path), "added", after=kind)


def _is_type(path: str) -> bool:
    """Return whether a path is that of a layer's type."""
    return path == f"{_layer_of(path)}.type"


def _layer_of(path: str) -> str:
    """Return the path of the layer that a path leads into; nothing where it leads into none."""
    if not path.startswith(_LAYERS):
        return ""
    return _LAYERS + path.removeprefix(_LAYERS).partition(".")[0]


def facts_of(spec: Spec) -> Facts:
    """Return every value of a spec by its path, layers by name, defaults filled in."""
    net, facts = spec.net, Facts()
    naming, wirer = FlatNaming(net), wirer_of(net)
    for name, blob in net.inputs.items():
        _flatten(blob, f"net.inputs.{name}", facts)
    _flatten(net.state, "net.state", facts)
    if net.deploy is not None:
        for name, blob in net.deploy.inputs.items():
            _flatten(blob, f"net.deploy.inputs.{name}", facts)
        facts["net.deploy.outputs"] = list(net.deploy.outputs)
    for index, layer in enumerate(net.layers):
        path = f"{_LAYERS}{layer.name}"
        while f"{path}.type" in facts:  # the same name in another phase
            path += "'"
        blobs = {"bottom": list(naming.reads.get(index, ())), "top": list(wirer.tops(index))}
        roles = naming.roles.get(index)
        own = _layer(layer, net) if roles is None else _recurrent(layer, net, roles)
        _flatten({**own, **blobs}, path, facts)
    for name, data in spec.data.items():
        _flatten(data, f"data.{name}", facts)
    if spec.solver is not None:
        _flatten(spec.solver, "solver", facts)
    return facts


def _layer(layer: LayerSpec, net: NetSpec) -> dict[str, Any]:
    common = {name: getattr(layer, name) for name in LayerSpec.model_fields if name not in _OTHER}
    if layer.loss_weight is None:
        common["loss_weight"] = [1.0] if net.types[layer.type].kind == "loss" else []
    names = dict.fromkeys((*layer.param, *layer.default_param))
    params = {name: layer.param_spec(name) for name in names}
    own = _fields(layer.params) if layer.params is not None else {}
    return {"type": layer.type, **common, **own, "param": params}


def _recurrent(layer: LayerSpec, net: NetSpec, roles: Roles) -> dict[str, Any]:
    """Return the facts of a recurrent layer; its block is told by the layers in it, and so is whose
    parameters they use."""
    facts = {key: value for key, value in _layer(layer, net).items() if key not in _TOLD}
    return {**facts, **roles.data(), "tops of a step": list(roles.tops)}


_TOLD = frozenset({"block", "share", "over", "carry", "constant"})
_OTHER = frozenset({"name", "type", "bottom", "param", "params", "default_param", "instances"})
"""Fields of a layer that are no facts, or are written otherwise."""


def _fields(record: BaseModel) -> dict[str, Any]:
    return {name: getattr(record, name) for name in type(record).model_fields}


def _flatten(value: Any, path: str, facts: Facts) -> None:
    """Add a value by its path, the values of maps and records each by its own."""
    if isinstance(value, BaseModel):
        value = _fields(value)
    if isinstance(value, Mapping):
        for key, item in value.items():
            _flatten(item, f"{path}.{key}", facts)
    else:
        facts[path] = _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, BaseModel):
        return {name: _plain(item) for name, item in _fields(value).items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
