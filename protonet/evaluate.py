"""Measures a net on a whole set: numerators and denominators are summed, so the batches do not
matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from protonet.net import Net

Batches = Iterable[tuple[Tensor, ...]]


@dataclass(frozen=True, slots=True)
class Score:
    """One loss or metric over a set.

    Attributes:
        numerator: summed over the set; a list where the top has several elements.
        denominator: likewise.
        is_count: whether the two are whole numbers worth showing (9906 of 10000).
        is_scalar: whether the top is a single number.
    """

    numerator: list[float]
    denominator: list[float]
    is_count: bool
    is_scalar: bool

    @property
    def value(self) -> float | list[float]:
        """Return the quotient; 0 where the denominator is 0, as for a class without samples."""
        values = [
            top / (below or 1.0)
            for top, below in zip(self.numerator, self.denominator, strict=True)
        ]
        return values[0] if self.is_scalar else values

    def __str__(self) -> str:
        if not self.is_scalar:
            return "[" + " ".join(f"{value:.4f}" for value in _listed(self.value)) + "]"
        counts = f" ({self.numerator[0]:.0f}/{self.denominator[0]:.0f})" if self.is_count else ""
        return f"{self.value:.4f}{counts}"


def evaluate(net: Net, batches: Batches, test_iter: int | None = None) -> dict[str, Score]:
    """Return each loss and metric of a net in phase test, metrics first.

    Args:
        net: the net.
        batches: the set once, or endless where `test_iter` is given.
        test_iter: so many batches, and the mean of their results as Caffe computes it; left out:
            the sums over the whole set, which are exact.
    """
    module = net.measuring_module
    totals: dict[str, tuple[Tensor, Tensor]] = {}
    with torch.no_grad():
        for batch in batches if test_iter is None else islice(batches, test_iter):
            for name, measured in module(*batch).items():
                pair = _pair(measured, net.measured[name][1])
                pair = (
                    pair
                    if test_iter is None
                    else (pair[0] / pair[1].clamp(min=1), torch.ones_like(pair[1]))
                )
                old = totals.get(name)
                totals[name] = pair if old is None else (old[0] + pair[0], old[1] + pair[1])
    scores = {
        name: _score(net, name, pair, exact=test_iter is None) for name, pair in totals.items()
    }
    return dict(sorted(scores.items(), key=lambda item: kind_of(net, item[0]) != "metric"))


def _pair(measured: Any, place: int) -> tuple[Tensor, Tensor]:
    """Return numerator and denominator of one top; a layer of one top may give the bare pair."""
    numerator, denominator = measured if isinstance(measured[0], Tensor) else measured[place]
    wide = torch.float32 if numerator.device.type == "mps" else torch.float64
    return numerator.to(wide), denominator.to(wide)


def _score(net: Net, name: str, pair: tuple[Tensor, Tensor], *, exact: bool) -> Score:
    numerator, denominator = (_listed(part.tolist()) for part in torch.broadcast_tensors(*pair))
    whole = all(value.is_integer() for value in (*numerator, *denominator))
    is_count = exact and whole and kind_of(net, name) == "metric"
    return Score(numerator, denominator, is_count, pair[0].dim() == 0)


def kind_of(net: Net, name: str) -> str:
    """Return whether a measured blob is a `loss` or a `metric`."""
    position, _ = net.measured[name]
    return net.layers[net.wiring.nodes[position].layer.type].kind


def _listed(value: float | list[float]) -> list[float]:
    return value if isinstance(value, list) else [value]


def line(name: str, scores: Mapping[str, Score]) -> str:
    """Return the line for people and scripts: `test: accuracy 0.9906 (9906/10000) loss 0.0287`."""
    return f"{name}: " + " ".join(f"{blob} {score}" for blob, score in scores.items())
