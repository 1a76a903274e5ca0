"""A spec as it was written → one without variables, expressions and blocks."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from protonet.language.block import read_blocks
from protonet.language.expanded import Expanded
from protonet.language.expander import Expander
from protonet.language.expression import ANYTHING, FAILED
from protonet.language.layout import Layout
from protonet.language.names import Classes, variables, with_classes
from protonet.language.substitute import Substitution
from protonet.problems import Problem
from protonet.source import Marks, Origin, apply_overrides

_GONE = ("vars", "plugins")
"""Sections that have done their work before a spec is validated."""


def expand(origin: Origin, classes: Classes | None = None) -> Expanded:
    """Return a spec with all its expressions computed and all its blocks expanded.

    Args:
        origin: the spec, other files merged in, overrides applied.
        classes: gives the number of classes of the training set, where `$data.classes` is used.
    """
    problems: list[Problem] = []
    marks = Marks(origin.marks.value, origin.marks.key, dict(origin.marks.children))
    names = _variables(origin, problems)
    data = {
        key: Substitution(names, problems).value(value, marks.children[key], key)
        for key, value in origin.data.items()
        if key not in (*_GONE, "net")
    }
    sets = data.get("data")
    train = sets.get("train") if isinstance(sets, dict) else None
    folder = origin.marks.nearest(("data", "train", "source")).value.source.folder
    known = with_classes(names, train, folder, classes)
    layout = None
    if "net" in origin.data:
        data["net"] = origin.data["net"]
        if isinstance(data["net"], dict):
            data["net"], layout = _net(data["net"], marks, known, problems)
            blocks = origin.data["net"].get("blocks")
            plan = (
                layout.plan(tuple(blocks) if isinstance(blocks, dict) else ()) if layout else None
            )
    if layout is None:
        return Expanded(origin.name, data, marks, problems=tuple(problems))
    problems += _overridden(data, marks, origin.late)
    return Expanded(
        origin.name,
        data,
        marks,
        plan,
        tuple(layout.trails),
        tuple(layout.frame_marks),
        tuple(problems),
    )


def _variables(origin: Origin, problems: list[Problem]) -> dict[str, Any]:
    """Return the values of a spec's variables; there may be others in a file that could not be
    read."""
    names = variables(origin.data.get("vars"), origin.marks.children.get("vars"), problems)
    return names if origin.is_whole else {**names, ANYTHING: FAILED}


def _net(
    net: dict[str, Any], whole: Marks, names: dict[str, Any], problems: list[Problem]
) -> tuple[dict[str, Any], Layout | None]:
    """Return the net section with flat layers, whose marks take the place of those written."""
    written = whole.children["net"]
    filled = {
        key: Substitution(names, problems).value(value, written.children[key], f"net.{key}")
        for key, value in net.items()
        if key not in ("blocks", "layers")
    }
    blocks = read_blocks(net.get("blocks"), written.children.get("blocks"), problems)
    if not isinstance(net.get("layers"), list):
        return {**filled, **{key: net[key] for key in ("layers",) if key in net}}, None
    at = written.children["layers"]
    layout = Expander(blocks, names, problems).expand(net["layers"], at)
    flat = Marks(at.value, at.key, dict(enumerate(layout.marks)))
    marks = Marks(written.value, written.key, {**written.children, "layers": flat})
    whole.children["net"] = marks
    return {**filled, "layers": layout.layers}, layout


def _overridden(data: dict[str, Any], marks: Marks, late: tuple[str, ...]) -> list[Problem]:
    """Apply the overrides of layers that blocks have made."""
    if not late:
        return []
    layers, flat = data["net"]["layers"], marks.children["net"].children["layers"]
    for place, layer in enumerate(layers):  # what two layers share would be changed in both
        layers[place], flat.children[place] = deepcopy(layer), deepcopy(flat.children[place])
    return apply_overrides(data, marks, late)
