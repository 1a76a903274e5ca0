"""JSON Schemas of layers: the keys that all have, and those of each type and block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protonet.editor.maps import closed, keys, of_type, when
from protonet.editor.torch_types import SENTENCE, is_torchs, torch_keys
from protonet.editor.values import (
    TEXT,
    Schema,
    choice,
    described,
    either,
    flow,
    one_or_list,
    ref,
)
from protonet.language.block import INNER_KEYS, INSTANCE_KEYS, Block
from protonet.language.recurrence import RECURRENT
from protonet.layers.record import LayerType
from protonet.look.catalogue import first_sentence
from protonet.records import fields_of
from protonet.spec.layer import COMMON, LayerSpec
from protonet.spec.state import PHASES, Rule

NAMES = one_or_list(TEXT)
"""One name, or a list of them."""
_SPELT: Mapping[str, Schema] = {
    "bottom": NAMES,
    "top": NAMES,
    "phase": one_or_list(choice(PHASES)),
    "include": one_or_list(ref("rule")),
    "exclude": one_or_list(ref("rule")),
    "loss_weight": one_or_list(either({"type": "number"})),
    "propagate_down": one_or_list(either({"type": "boolean"})),
}
"""Common keys of which a list of one needs no brackets."""
_LAYER = "layer."
"""What the definitions of types begin with."""
_EXPANDED: Mapping[str, Schema] = {
    "if": described(
        either({"type": "boolean"}),
        "Where it is false, the layer passes its first bottom through under its name.",
    ),
    "repeat": described(
        either({"type": "integer", "minimum": 0}),
        "So many of it in a chain, `NAME_1`, `NAME_2` …; `$index` counts from 0 in each, and the "
        "bare name means the last. 0 passes the first bottom through.",
    ),
}
"""Keys that are gone once a spec is expanded."""
_NAMING = ("name", "type", *_EXPANDED)
"""Keys that no layer can have from the net's defaults."""
_ANY_MAP: Schema = {"type": "object", "additionalProperties": True}
_RECURRENT = when(of_type(RECURRENT), {"required": ["block"]})
"""What a layer that applies a block must have; a misspelt key may be an argument of the block."""
_MOST_NAMED = 40
"""Parameters of a type that are offered by name: a stack of transformers has hundreds."""
PLACING: Mapping[str, Schema] = {
    "after": described(either(TEXT), "The layer of the base that this one stands after."),
    "before": described(either(TEXT), "The layer of the base that this one stands before."),
    "remove": described({"type": "boolean"}, "true takes the base's layer of this name away."),
}
"""Keys of layers that are merged into those of a base."""


def layer_definitions(layers: Mapping[str, LayerType], blocks: Mapping[str, Block]) -> Schema:
    """Return the definitions that `layers` of a net is made of."""
    types = {_LAYER + name: _of_kind(kind) for name, kind in layers.items()}
    types |= {_LAYER + block.name: _of_block(block) for block in blocks.values()}
    defaults = {name: _defaults_of(name) for name in layers}
    in_place = {"properties": dict.fromkeys(PLACING, False)}
    return {
        "rule": closed(keys(Rule, {"stage": NAMES, "not_stage": NAMES})),
        "common": {"properties": _common()},
        **_only_in_layers(),
        "layer": _layer(layers, blocks),
        "own_layer": {
            "required": ["name", "type"],
            "allOf": [ref("layer"), in_place, _RECURRENT, *map(_whole, blocks.values())],
        },
        "merged_layer": {
            "required": ["name"],
            "properties": dict(PLACING),
            "allOf": [ref("layer")],
        },
        "default": _default(),
        "defaults": {"type": "object", "properties": defaults, "additionalProperties": _ANY_MAP},
        "known_defaults": {"propertyNames": {"enum": [*defaults]}},
        **types,
    }


def _common() -> Schema:
    """Return the keys of layers and of uses of blocks, but those of naming."""
    all_keys = keys(LayerSpec, _SPELT)
    return {key: all_keys[key] for key in sorted(COMMON) if key not in (*_NAMING, *INNER_KEYS)}


def _only_in_layers() -> Schema:
    """Return the keys that uses of blocks lack; of `param`, what holds for each parameter."""
    all_keys = keys(LayerSpec, _SPELT)
    own = {key: all_keys[key] for key in INNER_KEYS}
    return {**own, "param": own["param"]["additionalProperties"]}


def _layer(layers: Mapping[str, LayerType], blocks: Mapping[str, Block]) -> Schema:
    """Return what holds of every layer; its type adds the rest."""
    names = {name: _signature(block) for name, block in blocks.items()}
    names |= {name: _sentence(kind) for name, kind in sorted(layers.items())}
    kind = {"anyOf": [choice(names, names.values()), dict(TEXT)]}
    text = (
        "A layer type, a module of torch.nn as `nn.X`, or a block of the net; "
        "`protonet layers TYPE` tells all of one."
    )
    known = (*layers, *blocks)
    return {
        "type": "object",
        "properties": {
            "name": keys(LayerSpec, _SPELT)["name"],
            "type": described(kind, text),
            **_EXPANDED,
        },
        "allOf": [ref("common"), *(when(of_type(name), ref(_LAYER + name)) for name in known)],
    }


def _sentence(kind: LayerType) -> str:
    return SENTENCE if is_torchs(kind) else first_sentence(kind)


def _of_kind(kind: LayerType) -> Schema:
    """Return the keys of a type; the common ones are described elsewhere, and admitted here."""
    inner = {key: ref(key) for key in INNER_KEYS}
    learning: Schema = {"type": "object", "additionalProperties": ref("param")}
    if len(kind.parameters) <= _MOST_NAMED:
        learning = closed(dict.fromkeys(kind.parameters, ref("param")))
    text = fields_of(LayerSpec)["param"].description
    own = torch_keys(kind) if is_torchs(kind) else keys(kind.params)
    whole = _admitted({**inner, "param": described(learning, text), **own})
    if kind.name != RECURRENT:
        return whole
    refused = dict.fromkeys(("bottom", *INNER_KEYS), False)  # which its block's layers have
    # beside the keys of Recurrent stand the arguments of the block that it applies
    return {
        **whole,
        "properties": {**whole["properties"], **refused},
        "additionalProperties": True,
    }


def _of_block(block: Block) -> Schema:
    """Return the keys of a use of a block."""
    return _admitted({name: _argument(block, name) for name in block.args})


def _whole(block: Block) -> Schema:
    """Return what a use of a block must have where no base completes it."""
    needed = [name for name, default in block.args.items() if default is None]
    return when(of_type(block.name), {"required": needed})


def _argument(block: Block, name: str) -> Schema:
    default = block.args[name]
    text = f"Argument of the block {block.name}.{' Required.' if default is None else ''}"
    plain = not isinstance(default, str) or "$" not in default
    return described({}, text, default) if plain else described({}, f"{text} Default: {default}")


def _signature(block: Block) -> str:
    """Return a block's arguments and defaults, as its file has them."""
    text = ", ".join(
        name if default is None else f"{name}: {flow(default)}"
        for name, default in block.args.items()
    )
    return f"A block of this net{f': {text}' if text else ''}."


def _admitted(own: Mapping[str, Any]) -> Schema:
    """Return a map with these keys and those that are described with what all layers have."""
    return closed({**dict.fromkeys((*INSTANCE_KEYS, *PLACING), True), **own})


def _default() -> Schema:
    """Return what holds of all that layers of a type start from."""
    refused = dict.fromkeys((*_NAMING, *PLACING), False)
    return {"type": "object", "properties": refused, "allOf": [ref("common")]}


def _defaults_of(name: str) -> Schema:
    """Return what layers of a type may start from."""
    return {
        "allOf": [ref("default"), ref(_LAYER + name)],
        "description": f"Keys that every {name} starts from; a layer's own win.",
    }
