"""One slope, as the backward pass says it and as the function itself shows it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch

Tops = Sequence[torch.Tensor]
Line = Callable[[float], Tops]
"""From a step along a line to what the function gives there."""
Verdict = Literal["right", "wrong", "kink"]

FLAT = 1e-3
"""A slope this much smaller than the largest of its tensor is not held to its own size."""
_CLOSER = 2.0**-6
"""A step that failed is taken again this much shorter, so that a kink nearby is not met."""
_DIGITS_LOST = 1e5
"""Rounding errors of a difference, times this, are too small a slope to be measured."""

_NOTHING = 1e-6
"""A gradient whose slopes are all this small, beside the numbers, is none: what is subtracted again
leaves such, many times its rounding (a mean of one number in BatchNorm)."""
_NOTICED = 1e-2
"""Where the gradient is none, slopes that differences show are held to this, beside the numbers."""


@dataclass(frozen=True, slots=True)
class Options:
    """How gradients are checked.

    Attributes:
        epsilon: step of a difference, for numbers up to 1; in proportion for larger ones.
        tolerance: largest relative error.
        elements: of each tensor, how many are moved by themselves.
        seed: random numbers follow from it.
    """

    epsilon: float = 1e-6
    tolerance: float = 1e-4
    elements: int = 8
    seed: int = 0


class Slope(NamedTuple):
    """What was found at one place.

    Attributes:
        analytic: as the backward pass says.
        numeric: as differences say.
        error: how far they lie apart, relative to the larger of them.
        verdict: `kink`: the slopes to both sides differ, and no single one would be right.
    """

    analytic: float
    numeric: float
    error: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Ground:
    """What a function gives at one place, and what is made of it.

    Attributes:
        tops: what it gives there.
        weights: factors that make one number of the tops, a tensor of the shape of each.
        magnitude: of the largest number that it is made of, which says how exact differences can
            be.
    """

    tops: Tops
    weights: Tops
    magnitude: float

    @classmethod
    def at(cls, tops: Tops, weights: Tops, bottoms: Tops = ()) -> Ground:
        """Return it for these tops and factors, made of these bottoms."""
        return cls(tops, weights, max(map(largest, [*tops, *bottoms]), default=0.0))


def largest(tensor: torch.Tensor) -> float:
    """Return the largest magnitude in a tensor, 0 in an empty one."""
    if not tensor.numel():
        return 0.0
    least, most = torch.aminmax(tensor)
    return max(abs(float(least)), abs(float(most)))


class Scale(NamedTuple):
    """How far a tensor is moved, and how small its slopes may be.

    Attributes:
        step: length of a step.
        flat: slopes below it are held to it, not to their own size.
    """

    step: float
    flat: float

    @classmethod
    def of(cls, values: torch.Tensor, gradient: torch.Tensor, options: Options) -> Scale:
        """Return it for the numbers of a tensor and their gradient."""
        return cls(options.epsilon * max(1.0, largest(values)), FLAT * largest(gradient))


def compare(line: Line, ground: Ground, scale: Scale, analytic: float, tolerance: float) -> Slope:
    """Return whether a slope is what central differences say, within a relative tolerance.

    Differences of a wrong slope are taken again, closer and to each side: at a kink the slope may
    be any between those to the left and to the right (as Caffe's GradientChecker passes over the
    kink of a ReLU).
    """
    numeric = _middle(ground, line(scale.step), line(-scale.step)) / scale.step
    error = _error(analytic, numeric, _least(ground, scale, scale.step))
    if error <= tolerance:
        return Slope(analytic, numeric, error, "right")
    step = scale.step * _CLOSER
    above, below, least = line(step), line(-step), _least(ground, scale, step)
    middle, apart = _middle(ground, above, below) / step, _apart(ground, above, below) / step
    closer = _error(analytic, middle, least)
    if closer <= tolerance:
        return Slope(analytic, middle, closer, "right")
    if _is_kink(analytic, middle, apart, tolerance * max(abs(middle), least)):
        return Slope(analytic, middle, closer, "kink")
    return Slope(analytic, numeric, error, "wrong")


def _middle(ground: Ground, above: Tops, below: Tops) -> float:
    """Return half of what the function rises from below to above; nan where shapes differ, as how
    many samples go on has changed."""
    total = 0.0
    for up, down, weight in zip(above, below, ground.weights, strict=True):
        if not up.shape == down.shape == weight.shape:
            return math.nan
        total += float(torch.dot((up - down).flatten(), weight.flatten()))
    return total / 2


def _apart(ground: Ground, above: Tops, below: Tops) -> float:
    """Return how much more it rises above than below, summed over its elements, each for itself."""
    total = 0.0
    for up, down, here, weight in zip(above, below, ground.tops, ground.weights, strict=True):
        if not up.shape == down.shape == here.shape:
            return math.nan
        bend = (up - here) + (down - here)
        total += float(torch.dot(bend.abs().flatten(), weight.abs().flatten()))
    return total


def _least(ground: Ground, scale: Scale, step: float) -> float:
    """Return the smallest slope that can be told from rounding, or from 0."""
    noise = ground.magnitude * torch.finfo(torch.float64).eps / step
    vanished = scale.flat < _NOTHING * FLAT * ground.magnitude
    return max(scale.flat, _DIGITS_LOST * noise, _NOTICED * ground.magnitude if vanished else 0.0)


def _error(analytic: float, numeric: float, least: float) -> float:
    if analytic == numeric:
        return 0.0
    apart, size = abs(analytic - numeric), max(abs(analytic), abs(numeric), least)
    return apart / size if math.isfinite(size) and not math.isnan(apart) else math.inf


def _is_kink(analytic: float, middle: float, apart: float, room: float) -> bool:
    """Return whether the slopes to both sides differ, and the analytic one lies between them."""
    if not math.isfinite(analytic):
        return False
    if not math.isfinite(middle) or not math.isfinite(apart):
        return True  # the function ends here: no difference can say what is right
    return apart > room and abs(analytic - middle) <= apart / 2 + room
