"""Paths of files in the keys of layers: relative ones begin in the folder of the file that has
them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from protonet.language import Expanded
from protonet.layers.record import LayerType


def with_whole_paths(expanded: Expanded, folder: Path, layers: Mapping[str, LayerType]) -> Any:
    """Return the data of a spec, which may be wrong in any way, with whole paths in its layers.

    Args:
        expanded: the spec; its own data stay as they are written.
        folder: where relative paths begin that stand in no file.
        layers: the types, which know the keys of theirs that are paths.
    """
    data = expanded.data
    keys = {name: kind.paths for name, kind in layers.items() if kind.paths}
    net = data.get("net") if isinstance(data, Mapping) else None
    written = net.get("layers") if isinstance(net, Mapping) else None
    if not isinstance(net, Mapping) or not isinstance(written, list):
        return data
    whole = [_whole(expanded, folder, keys, place, item) for place, item in enumerate(written)]
    return {**data, "net": {**net, "layers": whole}}


def _whole(
    expanded: Expanded, folder: Path, keys: Mapping[str, tuple[str, ...]], place: int, item: Any
) -> Any:
    kind = item.get("type") if isinstance(item, Mapping) else None
    if not isinstance(kind, str) or kind not in keys:
        return item
    found = {
        key: str(_home(expanded, folder, place, key) / item[key])
        for key in keys[kind]
        if isinstance(item.get(key), str) and item[key]
    }
    return {**item, **found}


def _home(expanded: Expanded, folder: Path, place: int, key: str) -> Path:
    own = expanded.marks.nearest(("net", "layers", place, key)).value.source.folder
    return own if own.is_absolute() else folder
