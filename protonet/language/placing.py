"""`after`, `before` and `remove` in a file that builds on no other: they place nothing."""

from __future__ import annotations

from typing import Any

from protonet.language.merge import PLACING, Part, name_of, without_placing
from protonet.problems import Problem
from protonet.source import Marks


def unplaced(spec: Part, problems: list[Problem] | None) -> Part:
    """Return a spec that has no base with its layers as they are without `after`, `before` and
    `remove`.

    Args:
        spec: the spec, or what is left of it where its base could not be read.
        problems: each such key is added to it; None where the base is to blame.
    """
    net = _below(spec, "net")
    if net is None or not isinstance(net.data, dict):
        return spec
    net = _with(net, "layers", _cleared(_below(net, "layers"), "net.layers", problems))
    blocks = _below(net, "blocks")
    if blocks is not None and isinstance(blocks.data, dict):
        for name in blocks.data:
            path, block = f"net.blocks.{name}.layers", _below(blocks, name)
            if block is not None and isinstance(block.data, dict):
                layers = _cleared(_below(block, "layers"), path, problems)
                blocks = _with(blocks, name, _with(block, "layers", layers))
        net = _with(net, "blocks", blocks)
    return _with(spec, "net", net)


def _cleared(layers: Part | None, path: str, problems: list[Problem] | None) -> Part | None:
    """Return a list of layers without the keys; the same where there are none."""
    if layers is None or not isinstance(layers.data, list):
        return layers
    parts = [Part(item, layers.marks.children[place]) for place, item in enumerate(layers.data)]
    placed = [part for part in parts if _placing(part)]
    if problems is not None:
        problems += [problem for part in placed for problem in _problems(part, path)]
    if not placed:
        return layers
    kept = [
        without_placing(part) if _placing(part) else part
        for part in parts
        if not (_placing(part) and part.data.get("remove") is True)
    ]
    below: dict[str | int, Marks] = {place: part.marks for place, part in enumerate(kept)}
    return Part([part.data for part in kept], Marks(layers.marks.value, layers.marks.key, below))


def _placing(layer: Part) -> list[str]:
    """Return which of the keys a layer has."""
    if name_of(layer) is None:
        return []
    return [key for key in PLACING if key in layer.data]


def _problems(layer: Part, path: str) -> list[Problem]:
    hint = "layers stand where they are written; or name the file to build on: base: FILE"
    return [
        Problem(
            "PN034",
            layer.marks.children[key].key,
            f"{path}.{name_of(layer)}.{key}",
            f"{key} speaks of the layers of a base, and there are none",
            "",
            hint,
        )
        for key in _placing(layer)
    ]


def _below(part: Part, key: str) -> Part | None:
    """Return what stands under a key of a map; None where nothing does."""
    return Part(part.data[key], part.marks.children[key]) if key in part.data else None


def _with(part: Part, key: str, below: Part | None) -> Part:
    """Return a map with something else under a key."""
    if below is None or below.data is part.data.get(key):
        return part
    data: dict[str, Any] = {**part.data, key: below.data}
    return Part(
        data, Marks(part.marks.value, part.marks.key, {**part.marks.children, key: below.marks})
    )
