"""`{type: Recurrent, block: step, over: …, carry: …, constant: …}`: a block applied along T.

This version checks such a layer and refuses it by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from protonet.language.block import INSTANCE_KEYS, Block
from protonet.problems import Problem
from protonet.records import suggestion
from protonet.source import Marks

RECURRENT = "Recurrent"
_ROLES = ("over", "carry", "constant")
_LISTED = ", ".join(_ROLES)
_KEYS = (*INSTANCE_KEYS, "block", *_ROLES)


def recurrence_problems(
    layer: Mapping[str, Any], marks: Marks, blocks: Mapping[str, Block]
) -> Iterator[Problem]:
    """Yield what is wrong with a recurrent layer, and at last that this version cannot run it."""
    path = f"net.layers.{layer.get('name')}"

    def problem(code: str, key: str, why: str, hint: str = "") -> Problem:
        place = marks.children.get(key)
        mark = marks.value if place is None else (place.key or place.value)
        return Problem(code, mark, f"{path}.{key}", why, "", hint)

    for key in layer.keys() - set(_KEYS):
        yield problem("PN012", key, "unknown key", suggestion(key, _KEYS, most=16))
    for role in _ROLES:
        if not isinstance(layer.get(role, {}), Mapping):
            yield problem("PN010", role, "a map is needed")
    block = blocks.get(str(layer.get("block")))
    if block is None:
        why = "missing" if "block" not in layer else f"there is no block {layer['block']}"
        yield problem("PN033", "block", why, suggestion(layer.get("block", ""), blocks))
    else:
        yield from (problem(*found) for found in _bottom_problems(layer, block))
    why = "a block applied along T comes in a later version; this one cannot run it"
    yield problem("PN016", "type", why)


def _bottom_problems(layer: Mapping[str, Any], block: Block) -> Iterator[tuple[str, str, str, str]]:
    given = [
        (role, name)
        for role in _ROLES
        if isinstance(layer.get(role), Mapping)
        for name in layer[role]
    ]
    names = [name for _, name in given]
    for place, (role, name) in enumerate(given):
        if name not in block.bottoms:
            hint = suggestion(name, block.bottoms)
            yield "PN033", role, f"block {block.name} has no bottom {name}", hint
        elif name in names[:place]:
            yield "PN033", role, f"the bottom {name} is given twice", ""
    for name in block.bottoms:
        if name not in names:
            yield "PN033", "block", f"the block's bottom {name} is given by none of {_LISTED}", ""
