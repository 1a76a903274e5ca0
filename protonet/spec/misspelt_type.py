"""A layer whose key `type` is misspelt: `{name: relu1, typ: ReLU}`."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from typing import Any

from protonet.records import nearest


def misspelt_type(
    layer: Mapping[str, Any], common: Collection[str], types: Iterable[Container[str]]
) -> str | None:
    """Return the key that was surely meant to be `type`; None where there is one, or none such.

    Args:
        layer: the keys of a layer.
        common: the keys that every layer has.
        types: the layer types, and the blocks.
    """
    if "type" in layer:
        return None
    texts = [key for key, value in layer.items() if key not in common and isinstance(value, str)]
    spelt = [key for key in texts if nearest(key, common) == "type"]
    valued = (key for key in texts if any(layer[key] in table for table in types))
    return next(iter([*spelt, *valued]), None)
