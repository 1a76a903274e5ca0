"""JSON Schemas of the modules of torch.nn: their keys and types, as the constructors have them.

What torch's documentation says of them stays in torch: `protonet layers nn.Conv2d` shows it.
"""

from __future__ import annotations

from functools import cache

from protonet.editor.maps import keys
from protonet.editor.values import Schema
from protonet.layers import LAYERS
from protonet.layers.record import LayerType
from protonet.layers.torch_nn import PREFIX, USABLE
from protonet.layers.torch_nn.follows import follows
from protonet.records import fields_of

SENTENCE = "A module of torch.nn."
"""What an editor shows beside the name of such a type."""


@cache
def torch_types() -> dict[str, LayerType]:
    """Return the layer types that are modules of torch.nn, by name."""
    names = (f"{PREFIX}{name}" for name in sorted(USABLE))
    return {name: LAYERS[name] for name in names}


def is_torchs(kind: LayerType) -> bool:
    """Return whether a layer type is a module of torch.nn."""
    return kind.name.startswith(PREFIX)


def torch_keys(kind: LayerType) -> Schema:
    """Return the keys of such a type with their schemas."""
    texts = {name: _text(kind, name) for name in fields_of(kind.params)}
    return keys(kind.params, texts=texts)


def _text(kind: LayerType, key: str) -> str:
    left_out = f" Left out: {follows(key)}." if follows(key) else ""
    return f"Argument of torch.{kind.name}.{left_out}"
