"""The gradients through a whole net: of what it minimises, with respect to every parameter and
input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from protonet.debug.gradcheck_layer import Layer
from protonet.debug.gradcheck_moves import direction_of
from protonet.debug.gradcheck_reach import Reach
from protonet.debug.gradcheck_report import EVERYWHERE, Role, Row, Verdict, Worst
from protonet.debug.gradcheck_slopes import Ground, Options, Scale, Slope, Tops, compare
from protonet.randomness import key
from protonet.spec.wiring import Value

_UNEVEN = 1e3
"""Slopes this much smaller than the largest are not made to count like it: rounding would."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the whole net's gradients are taken with respect to.

    Attributes:
        inputs: floating-point inputs, by name.
        parameters: those that learn, by the name they are stored under.
    """

    inputs: Mapping[str, Value]
    parameters: Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class _Moved:
    """A tensor that is moved.

    Attributes:
        row: what is known of it.
        layers: those that a change of it reaches, in order.
        value: what it is of the net, where it is an input.
        values: its numbers.
        direction: in which they are moved, all together.
        gradient: of the objective, as the backward pass gives it.
    """

    row: Row
    layers: Sequence[Layer]
    value: Value | None
    values: torch.Tensor
    direction: torch.Tensor
    gradient: torch.Tensor

    @property
    def slope(self) -> float:
        """The slope in its direction, as the backward pass says."""
        return float(torch.sum(self.direction * self.gradient))


def check_whole(
    reach: Reach, wanted: Wanted, found: Mapping[str, Verdict], options: Options
) -> list[Row]:
    """Return one row for all inputs and parameters, moved together; a row for each if that is not
    right.

    Args:
        reach: the net.
        wanted: with respect to what.
        found: layers whose own gradient is `wrong`, or is `meant` not to be the mathematical one.
        options: how exactly.
    """
    moved, rows = _moved(reach, wanted, options)
    if not moved:
        return rows
    slope = _together(reach, moved, options)
    if slope.verdict == "right":
        elements = sum(one.row.elements for one in moved)
        name = f"{len(moved)} inputs and parameters" if len(moved) > 1 else moved[0].row.name
        role = moved[0].row.role
        row = Row("", "", role, name, elements, "right", elements, 0, Worst(EVERYWHERE, slope))
        return [row, *rows]
    return [*(_row(reach, one, found, options) for one in moved), *rows]


def _moved(reach: Reach, wanted: Wanted, options: Options) -> tuple[list[_Moved], list[Row]]:
    """Return what has a gradient, and a row for each that has none."""
    tensors: list[tuple[str, Value | None, torch.Tensor]] = [
        (name, value, reach.inputs[value].requires_grad_()) for name, value in wanted.inputs.items()
    ]
    tensors += [(name, None, tensor) for name, tensor in wanted.parameters.items()]
    gradients = reach.gradients([tensor for _, _, tensor in tensors])
    moved, rows = [], []
    for (name, value, tensor), gradient in zip(tensors, gradients, strict=True):
        role: Role = "parameter" if value is None else "bottom"
        row = Row("", "", role, name, tensor.numel(), "right")
        if gradient is None:
            rows.append(replace(row, verdict="cut", note="no gradient comes back to it"))
            continue
        generator = torch.Generator().manual_seed(key(options.seed, "whole", name) >> 1)
        direction = direction_of(gradient, generator)
        layers = reach.reached_from(tensor if value is None else value)
        moved.append(_Moved(row, layers, value, tensor.detach(), direction, gradient))
    return moved, rows


def _together(reach: Reach, moved: Sequence[_Moved], options: Options) -> Slope:
    """Compare the slope where all are moved, each so far that all count alike; as each is a part of
    it only, the tolerance is a part, too."""
    slopes = [abs(one.slope) for one in moved]
    least = max(max(slopes) / _UNEVEN, torch.finfo(torch.float64).tiny)
    lengths = [1 / max(slope, least) for slope in slopes]
    parts = [(one, length / max(lengths)) for one, length in zip(moved, lengths, strict=True)]
    return _slope(reach, parts, replace(options, tolerance=options.tolerance / len(moved)))


def _row(reach: Reach, moved: _Moved, found: Mapping[str, Verdict], options: Options) -> Row:
    slope = _slope(reach, [(moved, 1.0)], options)
    row = replace(moved.row, compared=moved.row.elements, worst=Worst(EVERYWHERE, slope))
    if slope.verdict == "right":
        return row
    if slope.verdict == "kink":
        return replace(row, verdict="kinks", compared=0, kinks=row.elements)
    names = [layer.name for layer in moved.layers]
    for verdict in ("wrong", "meant"):
        through = [name for name in names if found.get(name) == verdict]
        if through:
            return replace(row, verdict=verdict, note=f"through {', '.join(through)}")
    return replace(row, verdict="wrong", note="though each layer's own gradient is right")


def _slope(reach: Reach, parts: Sequence[tuple[_Moved, float]], options: Options) -> Slope:
    """Compare the slope where some are moved together, by a share of a step each."""
    positions = {layer.position for one, _ in parts for layer in one.layers}
    layers = [layer for layer in reach.layers if layer.position in positions]
    inputs = [(one, share) for one, share in parts if one.value is not None]
    parameters = [(one, share, one.values.clone()) for one, share in parts if one.value is None]

    def line(step: float) -> Tops:
        changed = {
            one.value: one.values.add(one.direction, alpha=step * share)
            for one, share in inputs
            if one.value is not None
        }
        for one, share, _ in parameters:
            one.values.add_(one.direction, alpha=step * share)
        try:
            return reach.rerun(layers, changed)
        finally:
            for one, _, start in parameters:
                one.values.copy_(start)

    ground = Ground.at([reach.values[value] for value in reach.terms], [*reach.terms.values()])
    scales = [Scale.of(one.values, one.gradient * share, options) for one, share in parts]
    scale = Scale(max(one.step for one in scales), max(one.flat for one in scales))
    slope = sum(one.slope * share for one, share in parts)
    return compare(line, ground, scale, slope, options.tolerance)
