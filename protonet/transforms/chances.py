"""What transforms draw, each a function of a seed and the samples' positions: `protonet.randomness`
beyond uniform numbers."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
import torch
from pydantic import BeforeValidator

from protonet.randomness import key, random_words, uniform
from protonet.records import custom_error
from protonet.transforms.record import Positions

Drawn = npt.NDArray[np.float64]

_TRIES = 10
"""Of a rejection that takes 95 of 100: all fail once in 10 ** 13 samples."""


def _span(written: object) -> object:
    """Read [least, most]."""
    numbers = list(written) if isinstance(written, list | tuple) else []
    if len(numbers) != 2 or not all(_is_number(number) for number in numbers):
        raise custom_error("PN010", "two numbers are needed, [least, most]", "for example [0.5, 2]")
    least, most = map(float, numbers)
    if not np.isfinite([least, most]).all():
        raise custom_error("PN013", "a number is infinite, or none")
    if least > most:
        raise custom_error("PN013", f"the least, {least:g}, is above the most, {most:g}")
    return least, most


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


Span = Annotated[
    tuple[float, float], BeforeValidator(_span, json_schema_input_type=tuple[float, float])
]
"""Least and most of what is drawn."""


def at_least(least: float, *, strictly: bool = False, single: bool = True) -> BeforeValidator:
    """Return a validator of spans whose numbers are at least, or strictly above, a limit.

    Args:
        least: the limit.
        strictly: whether they are above it.
        single: take one number, too, which is both.
    """
    must = f"must be {'above' if strictly else 'at least'} {least:g}"

    def checked(written: object) -> object:
        numbers = written if isinstance(written, list | tuple) else [written]
        for number in numbers:
            if isinstance(number, int | float) and (number < least or strictly and number == least):
                raise custom_error("PN013", f"both numbers {must}" if numbers is written else must)
        return [written, written] if single and _is_number(written) else written

    kinds = float | tuple[float, float] if single else tuple[float, float]
    return BeforeValidator(checked, json_schema_input_type=kinds)


def chosen(probability: float, seed: int, positions: Positions) -> Positions:
    """Return the numbers, within the batch, of the samples that are chosen by chance."""
    return np.flatnonzero(uniform(key(seed, "chance"), positions) < probability)


def between(span: tuple[float, float], seed: int, counters: Positions) -> Drawn:
    """Return a number of a span for each counter, all equally likely. Shape is kept."""
    least, most = span
    return least + uniform(seed, counters) * (most - least)


def shuffles(count: int, seed: int, positions: Positions) -> Positions:
    """Return an order of 0 … count − 1 for each position, (N, count), all equally likely."""
    words = np.stack([random_words(key(seed, place), positions) for place in range(count)], 1)
    return np.argsort(words, axis=1, kind="stable")


def beta(alpha: float, seed: int, positions: Positions) -> Drawn:
    """Return a number of the beta distribution (alpha, alpha) for each position, (N,).

    Source: Marsaglia, Tsang: A Simple Method for Generating Gamma Variables, 2000; X / (X + Y) of
        two gamma variables, by their logarithms, which do not vanish for a small alpha.
    """
    first, second = (_log_gamma(alpha, key(seed, name), positions) for name in ("one", "other"))
    return np.asarray(1 / (1 + np.exp(np.clip(second - first, -700, 700))))


def _log_gamma(shape: float, seed: int, positions: Positions) -> Drawn:
    """Return the logarithm of a gamma variable for each position, (N,).

    A variable of shape + 1, times a uniform one to the power 1 / shape, is one of this shape.
    """
    d = shape + 1 - 1 / 3
    normal = np.stack([_normal(key(seed, place), positions) for place in range(_TRIES)])
    cubes = (1 + normal / np.sqrt(9 * d)) ** 3  # (tries, N)
    limits = np.stack([uniform(key(seed, "limit", place), positions) for place in range(_TRIES)])
    safe = np.maximum(cubes, np.finfo(np.float64).tiny)
    bound = normal**2 / 2 + d - d * cubes + d * np.log(safe)
    taken = (cubes > 0) & (np.log1p(-limits) < bound)
    cube = safe[np.argmax(taken, axis=0), np.arange(len(positions))]
    power = np.log1p(-uniform(key(seed, "power"), positions)) / shape
    return np.asarray(np.log(d * cube) + power)


def _normal(seed: int, positions: Positions) -> Drawn:
    """Return a normal number for each position (Box, Muller 1958)."""
    radius = np.sqrt(-2 * np.log1p(-uniform(key(seed, "radius"), positions)))
    return np.asarray(radius * np.cos(2 * np.pi * uniform(key(seed, "angle"), positions)))


def generators(seed: int, positions: Positions) -> list[torch.Generator]:
    """Return a generator for each position, for numbers by the thousand."""
    return [torch.Generator().manual_seed(int(word)) for word in _seeds(seed, positions)]


def _seeds(seed: int, positions: Positions) -> npt.NDArray[np.int64]:
    return (random_words(seed, positions) >> np.uint64(1)).astype(np.int64)
