"""The JSON Schema of a whole spec (draft-07), for the YAML language servers of editors.

It says what a file may contain, key by key, with every unit and default. What follows from several
places of a file, or from its data, is for `protonet check`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from protonet.editor.layers import layer_definitions
from protonet.editor.maps import closed, when
from protonet.editor.sections import (
    completed,
    data_section,
    definitions,
    net_keys,
    solver_section,
)
from protonet.editor.torch_types import torch_types
from protonet.editor.values import TEXT, Schema, described, ref
from protonet.language import Find
from protonet.language.block import Block, read_blocks
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.plugins import read_with_plugins
from protonet.source import Origin

_DRAFT = "http://json-schema.org/draft-07/schema#"
_BUILDS_ON_ANOTHER = {
    "anyOf": [
        {"required": ["base"]},
        {
            "required": ["net"],
            "properties": {"net": {"anyOf": [{"type": "string"}, {"required": ["base"]}]}},
        },
    ]
}
"""The condition that a spec is merged over another, which has what is missing here."""
_MAY_HAVE_OTHER_TYPES = {"anyOf": [_BUILDS_ON_ANOTHER, {"required": ["plugins"]}]}
"""The condition that a spec may have layer types that the schema does not know."""


def language_schema(
    path: Path | None = None, *, allow_plugins: bool = False, find: Find | None = None
) -> Schema:
    """Return the schema of the language.

    Args:
        path: a spec, whose blocks and plugins are added to the layer types.
        allow_plugins: load the plugins that its bases name, too.
        find: finds the bases that are named by addresses.

    Raises: UsageError if there is no such file; SpecError if it, or what it builds on, cannot be
        read.
    """
    if path is None:
        return _schema(LAYERS, {})
    origin, layers = read_with_plugins(path, LAYERS, allow_plugins=allow_plugins, find=find)
    return _schema(layers, _blocks(origin))


def schema_text(schema: Schema) -> str:
    """Return a schema as the text of a file."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _blocks(origin: Origin) -> dict[str, Block]:
    """Return the blocks of a net; one that is wrong is for `protonet check` to explain, and its
    uses are not checked."""
    net = origin.data.get("net")
    if not isinstance(net, dict) or "blocks" not in net:
        return {}
    blocks = read_blocks(net["blocks"], origin.marks.children["net"].children["blocks"], [])
    return {name: block for name, block in blocks.items() if block.layers}


def _schema(layers: Mapping[str, LayerType], blocks: Mapping[str, Block]) -> Schema:
    return {
        "$schema": _DRAFT,
        "title": "protonet",
        "description": "A neural network, its data and its training.",
        **closed(_sections()),
        "allOf": [
            {**when(_BUILDS_ON_ANOTHER, _layers("merged_layer")), "else": _whole()},
            when({"not": _MAY_HAVE_OTHER_TYPES}, _known_defaults()),
        ],
        "definitions": {
            **definitions(),
            **layer_definitions({**layers, **torch_types()}, blocks),
        },
    }


def _sections() -> Schema:
    files = {"type": "array", "items": dict(TEXT)}
    constants = {"type": "object", "additionalProperties": True}
    return {
        "name": described(dict(TEXT), "Runs are kept under it; left out: the file's name."),
        "vars": described(constants, "Constants, used as `$NAME` and in `$(…)`."),
        "base": described(dict(TEXT), "Another spec, relative to this one, that this one changes."),
        "plugins": described(files, "Python files with layer types of your own; they run code."),
        "data": data_section(),
        "net": described(
            {"anyOf": [closed(net_keys()), dict(TEXT)]},
            "Inputs and layers, or the name of another spec whose net is taken.",
        ),
        "solver": solver_section(),
    }


def _layers(kind: str) -> Schema:
    """Return what holds of the layers of the net and of its blocks."""
    listed = {"items": ref(kind)}
    blocks = {"additionalProperties": {"properties": {"layers": listed}}}
    return {"properties": {"net": {"properties": {"layers": listed, "blocks": blocks}}}}


def _known_defaults() -> Schema:
    """Return what holds of the defaults where all layer types are known."""
    return {"properties": {"net": {"properties": {"defaults": ref("known_defaults")}}}}


def _whole() -> Schema:
    """Return what holds of a spec that builds on no other."""
    net = {"required": ["layers"], **_layers("own_layer")["properties"]["net"]}
    return {"required": ["net"], "properties": {"net": net, **completed()}}
