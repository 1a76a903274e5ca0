"""The layers of an imported net as a person would have written them: chained, without defaults,
with what all layers of a type say said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from protonet.fillers import FILLERS
from protonet.layers.record import LayerType
from protonet.records import fields_of
from protonet.spec.layer import LayerSpec
from protonet.spec.names import Names
from protonet.spec.net import NetSpec

COMMON = fields_of(LayerSpec).keys() | {"if", "repeat", "share"}
"""Keys that every layer has."""

SHARED = (
    *("weight_filler", "bias_filler", "filler", "bias_term", "param"),
    *("use_global_stats", "moving_average_fraction", "eps", "negative_slope", "dropout_ratio"),
    *("local_size", "alpha", "beta", "k", "norm_region"),
)
"""Keys that stand under `defaults` where all layers of a type, two or more, say the same."""

NEUTRAL: Mapping[str, Any] = MappingProxyType(
    {"stride": 1, "pad": 0, "dilation": 1, "axis": 1, "slice_dim": 1, "concat_dim": 1}
)
"""What a key means where its type has no default for it, but the one that all have."""

Keys = dict[str, Any]


def tidy_layers(net: NetSpec, written: Sequence[Mapping[str, Any]]) -> tuple[Keys, list[Keys]]:
    """Return the defaults of each type, and the layers.

    Args:
        net: the net.
        written: the plain data of its layers, every bottom named.
    """
    chained = _chained(net)
    layers = [
        _tidy(keys, layer, net.types.get(layer.type), chain)
        for keys, layer, chain in zip(written, net.layers, chained, strict=True)
    ]
    read = {blob for layer in net.layers for blob in layer.bottom or ()}
    for made, layer in zip(layers, net.layers, strict=True):
        kind = net.types.get(layer.type)
        is_metric = kind is not None and kind.kind == "metric"
        is_unread = read.isdisjoint(layer.top or ())
        if is_metric and is_unread and made.get("phase") == ["test", "deploy"]:
            made["phase"] = "test"  # a deployed net measures nothing
    return _taken_out(layers), layers


def _chained(net: NetSpec) -> list[tuple[str, ...]]:
    """Return what each layer would read if none named its bottoms."""
    free = [layer.model_copy(update={"bottom": None}) for layer in net.layers]
    bare = net.model_copy(update={"layers": tuple(free)})
    return Names(bare, net.types).bottoms


def _tidy(
    keys: Mapping[str, Any], layer: LayerSpec, kind: LayerType | None, chain: Sequence[str]
) -> Keys:
    made: Keys = {"name": layer.name, "type": layer.type}
    bottoms, tops = list(layer.bottom or ()), list(layer.top or ())
    if bottoms != list(chain):
        made["bottom"] = bottoms[0] if len(bottoms) == 1 else bottoms
    if "top" in keys and tops != [layer.name]:
        made["top"] = tops[0] if len(tops) == 1 else tops
    made |= _own(keys, layer, kind)
    for key in ("phase", "include", "exclude", "loss_weight", "param", "propagate_down"):
        if key in keys:
            made[key] = keys[key]
    _shorten(made, kind)
    return made


def _own(keys: Mapping[str, Any], layer: LayerSpec, kind: LayerType | None) -> Keys:
    """Return the keys of a layer's type, but for those that say what holds anyway."""
    own = {key: value for key, value in keys.items() if key not in COMMON}
    if kind is None or layer.params is None:
        return own
    whole = kind.params.model_validate(own).model_dump()
    fields = kind.params.model_fields
    for key in list(own):
        rest = {name: value for name, value in own.items() if name != key}
        is_neutral = key in fields and not fields[key].default and own[key] == NEUTRAL.get(key)
        if is_neutral or _means(kind, rest) == whole:
            own = rest
            whole = _means(kind, rest)
    order = ["num_output", *fields]
    ordered = sorted(own, key=order.index)
    return {key: _filler(own[key]) if key.endswith("filler") else own[key] for key in ordered}


def _means(kind: LayerType, keys: Keys) -> Any:
    """Return what a type makes of some keys, None if they are not enough."""
    try:
        return kind.params.model_validate(keys).model_dump()
    except ValueError:  # pydantic's, for a key that has no default
        return None


def _filler(value: Any) -> Any:
    """Return a filler by its name alone, where its other keys say what holds anyway."""
    if not isinstance(value, Mapping) or value.get("type") not in FILLERS:
        return value
    params = FILLERS[value["type"]].params
    own = {key: item for key, item in value.items() if key != "type"}
    if params.model_validate(own).model_dump() == params().model_dump():
        return value["type"]
    return value


def _shorten(made: Keys, kind: LayerType | None) -> None:
    """Leave out of the common keys what holds anyway."""
    if made.get("param"):
        params = {name: _multipliers(spec) for name, spec in made["param"].items()}
        made["param"] = {name: spec for name, spec in params.items() if spec}
    weights = made.get("loss_weight")
    if weights is not None and len(weights) == 1:
        made["loss_weight"] = weights[0]
    if kind is not None and made.get("loss_weight") == (1 if kind.kind == "loss" else 0):
        del made["loss_weight"]
    flags = made.get("propagate_down")
    if flags is not None and all(flags):
        del made["propagate_down"]
    if not made.get("param", True):
        del made["param"]


def _multipliers(spec: Mapping[str, Any]) -> Keys:
    return {key: value for key, value in spec.items() if key == "name" or value != 1}


def _taken_out(layers: Sequence[Keys]) -> Keys:
    """Take what all layers of a type say out of them, and return it by type."""
    counts = Counter(layer["type"] for layer in layers)
    defaults: dict[str, Keys] = {}
    for name, count in counts.items():
        alike = [layer for layer in layers if layer["type"] == name]
        for key in SHARED:
            value = alike[0].get(key)
            if count > 1 and value is not None and all(one.get(key) == value for one in alike):
                if key == "param" and any("name" in spec for spec in value.values()):
                    continue
                defaults.setdefault(name, {})[key] = value
                for one in alike:
                    del one[key]
    return defaults
