"""Numbers of a layer moved by a step: one element, or all of a tensor together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from protonet.debug.gradcheck_layer import Layer
from protonet.debug.gradcheck_report import Role
from protonet.debug.gradcheck_slopes import Ground, Options, Scale, Slope, Tops, compare
from protonet.randomness import key

_DIRECTIONS = 4
"""A wrong element is looked for in so many directions: it may have hardly a part in one."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What is moved: a bottom or a parameter, and its gradient as the backward pass gives it.

    Attributes:
        role: which of both.
        name: of it.
        values: its numbers, in the memory that the layer reads.
        gradient: of the same shape.
        scale: how far it is moved.
    """

    role: Role
    name: str
    values: torch.Tensor
    gradient: torch.Tensor
    scale: Scale


@dataclass(frozen=True, slots=True)
class Still:
    """What stays as it is: a layer, its bottoms, and its tops with their factors.

    Attributes:
        layer: the layer.
        bottoms: what it reads.
        chosen: places of the tops that count.
        ground: these tops.
    """

    layer: Layer
    bottoms: Sequence[torch.Tensor]
    chosen: Sequence[int]
    ground: Ground

    def tops(self) -> Tops:
        """Return the tops that count, as the numbers now are."""
        with torch.no_grad():
            tops = self.layer.run(self.bottoms)
        return [tops[place] for place in self.chosen]


def order(moved: Moved, options: Options, most: int) -> list[int]:
    """Return elements at random, those of the largest and the smallest slope first."""
    count, flat = moved.values.numel(), moved.gradient.flatten()
    if not count:
        return []
    generator = torch.Generator().manual_seed(key(options.seed, moved.role, moved.name) >> 1)
    if count <= 4 * most:
        drawn = torch.randperm(count, generator=generator)
    else:  # a permutation of 100 million would take longer than the check
        drawn = torch.randint(count, (most,), generator=generator)
    first = [int(flat.argmax()), int(flat.argmin())]
    return list(dict.fromkeys([*first, *drawn.tolist()]))[:most]


def at_element(still: Still, moved: Moved, index: int, options: Options) -> Slope:
    """Move one element, named by its position in memory."""
    values = moved.values.view(-1)
    start = values[index].clone()

    def line(step: float) -> Tops:
        values[index] = start + step
        try:
            return still.tops()
        finally:
            values[index] = start

    slope = float(moved.gradient.view(-1)[index])
    return compare(line, still.ground, moved.scale, slope, options.tolerance)


def all_at_once(still: Still, moved: Moved, options: Options) -> Slope:
    """Move all elements together, each in the direction of its slope and at random besides."""
    return _along(still, moved, (0, moved.values.numel(), 0), options)


def find_wrong(still: Still, moved: Moved, options: Options) -> int | None:
    """Return the position in memory of an element whose slope is wrong, where all together are:
    by halves, of which one is wrong again; None where neither is."""
    low, high = 0, moved.values.numel()
    while high - low > 1:
        middle = (low + high) // 2
        tries = [
            (start, stop, attempt)
            for attempt in range(_DIRECTIONS)
            for start, stop in ((low, middle), (middle, high))
        ]
        wrong = (one for one in tries if _along(still, moved, one, options).verdict == "wrong")
        found = next(wrong, None)
        if found is None:
            return None
        low, high, _ = found
    return low


def _along(still: Still, moved: Moved, part: tuple[int, int, int], options: Options) -> Slope:
    """Move the elements from one position to another together, in the first, second … direction."""
    values, gradient = (one.view(-1)[part[0] : part[1]] for one in (moved.values, moved.gradient))
    generator = torch.Generator().manual_seed(key(options.seed, moved.name, *part) >> 1)
    direction, start = direction_of(gradient, generator), values.clone()

    def line(step: float) -> Tops:
        values.add_(direction, alpha=step)
        try:
            return still.tops()
        finally:
            values.copy_(start)

    slope = float(torch.sum(direction * gradient))
    return compare(line, still.ground, moved.scale, slope, options.tolerance)


def direction_of(gradient: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return a direction of length 1, half of it the gradient's own and half of it random."""
    noise = torch.randn(gradient.shape, generator=generator, dtype=torch.float64)
    mixed = noise / torch.linalg.vector_norm(noise)
    length = float(torch.linalg.vector_norm(gradient))
    if 0 < length < math.inf:
        own = gradient / length
        mixed = own + mixed if float(torch.sum(own * mixed)) > 0 else own - mixed  # never 0
    found: torch.Tensor = mixed / torch.linalg.vector_norm(mixed)
    return found


def indices(values: torch.Tensor, index: int) -> tuple[int, ...]:
    """Return the indices of an element by its position in memory."""
    found = []
    for size in reversed(values.shape):
        index, place = divmod(index, size)
        found.append(place)
    return tuple(reversed(found))
