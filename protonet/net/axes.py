"""Shapes as they are proved: every named axis (N, T, …) with two sizes, so that what follows it is
seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import torch

from protonet.layers.record import Blob
from protonet.spec.net import BATCH, InputSpec

Sizes = tuple[Mapping[str, int], Mapping[str, int]]
"""From the name of an axis to its size, in the first proof and in the second."""
Axes = tuple[int | str, ...]

_FIRST = 128
"""Sizes of axes other than N are multiples of half of it: large enough for a stack of windows, and
divisible as often as nets halve an image."""
_LEAST = 64
"""No net makes an axis smaller than the 64th part; a larger quotient is a coincidence."""


def axis_sizes(inputs: Mapping[str, InputSpec]) -> Sizes:
    """Return two sizes for every named axis of the inputs, N among them.

    No two axes grow by the same number or in the same proportion, so that they can be told apart.
    """
    names = {axis for spec in inputs.values() for axis in spec.axes() if isinstance(axis, str)}
    first, second = {BATCH: 2}, {BATCH: 3}
    for place, name in enumerate(sorted(names - {BATCH})):
        first[name] = _FIRST * (place + 2)  # 256, 384, 512 …
        second[name] = first[name] + _FIRST // 2 * (place + 1)  # 320, 512, 704 …
    return first, second


@dataclass(frozen=True, slots=True)
class Shape:
    """A blob's shape as proved: `small` and `large` are the blobs of the two proofs."""

    small: Blob
    large: Blob

    @property
    def dtype(self) -> torch.dtype:
        """Element type."""
        return self.small.dtype

    def axes(self, sizes: Sizes) -> Axes:
        """Return the axes: a number, or what it is of a named axis (N, 4N, T/2, T-2), or ? where
        nothing so simple explains both sizes."""
        pairs = zip(self.small.shape, self.large.shape, strict=True)
        return tuple(_axis(one, two, sizes) for one, two in pairs)


def _axis(one: int, two: int, sizes: Sizes) -> int | str:
    if one == two:
        return one
    pairs = [(name, size, sizes[1][name]) for name, size in sizes[0].items()]
    for name, first, second in pairs:
        share = Fraction(one, first)
        if share == Fraction(two, second) and share.denominator <= _LEAST:
            times = f"{share.numerator if share.numerator != 1 else ''}{name}"
            return times if share.denominator == 1 else f"{times}/{share.denominator}"
    for name, first, second in pairs:
        if one - first == two - second:
            return f"{name}{one - first:+d}"
    return "?"


def follows(axis: int | str, name: str) -> bool:
    """Return whether an axis is as long as a named one says, or in proportion to it.

    >>> [follows(axis, "N") for axis in ("N", "4N/3", "N-2", "LEN", "?", 7)]
    [True, True, True, False, False, False]
    """
    return re.fullmatch(rf"\d*{re.escape(name)}([/+-]\d+)?", str(axis), re.ASCII) is not None


def blobs_of(shape: Shape) -> tuple[Blob, Blob]:
    """Return the blobs of the two proofs."""
    return shape.small, shape.large


def shown(axes: Axes) -> str:
    """Return axes as people write them: `(N, 1, 28, 28)`."""
    return f"({', '.join(map(str, axes))})"
