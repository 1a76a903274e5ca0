"""Measures a net on a whole set: what losses and metrics count is summed, so the batches do not
matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from protonet.layers.normalization import weighed_quotient, wide
from protonet.layers.record import LayerType
from protonet.net import Net
from protonet.net.culprit import naming_layers
from protonet.net.passing import files_of

Batches = Iterable[tuple[Tensor, ...]]
Value = float | list[Any]
"""A number, a list of them, or a list of such lists."""
Sums = tuple[Tensor, ...]
"""Of one loss or metric: numerator and denominator, or all that `conclude` needs. Those of two
parts of a set add up, element by element."""
Gather = Callable[[dict[str, Sums]], list[dict[str, Sums]]]

_MOST_SHOWN = 10
"""Elements of a vector that a line shows."""


@dataclass(frozen=True, slots=True)
class Score:
    """One loss or metric over a set.

    Attributes:
        value: what it came to; a list where the top has an axis, of lists where it has two.
        counts: numerator and denominator where they are whole numbers worth showing (9906 of
            10000).
        axes: what rows and columns stand for, where the top has two axes.
    """

    value: Value
    counts: tuple[int, int] | None = None
    axes: tuple[str, str] = ("row", "column")

    @property
    def is_scalar(self) -> bool:
        """Whether the value is a single number."""
        return not isinstance(self.value, list)

    @property
    def is_table(self) -> bool:
        """Whether the value has rows and columns, which no line can show."""
        return isinstance(self.value, list) and any(isinstance(row, list) for row in self.value)

    def __str__(self) -> str:
        if isinstance(self.value, list):
            return self._shortened(self.value)
        counts = f" ({self.counts[0]}/{self.counts[1]})" if self.counts else ""
        return f"{self.value:.4f}{counts}"

    def _shortened(self, value: list[Any]) -> str:
        if self.is_table:
            return f"{len(value)} x {len(value[0])}"
        shown = value if len(value) <= _MOST_SHOWN else value[: _MOST_SHOWN - 2]
        rest = [f"… {len(value) - len(shown)} more"] if len(shown) < len(value) else []
        return "[" + " ".join([*(f"{number:.4f}" for number in shown), *rest]) + "]"


def evaluate(
    net: Net, batches: Batches, test_iter: int | None = None, gather: Gather = lambda own: [own]
) -> dict[str, Score]:
    """Return each loss and metric of a net in phase test, metrics first.

    Args:
        net: the net.
        batches: the set once, or endless where `test_iter` is given; where several processes have
            whole batches of it in turn, those of this one.
        test_iter: so many batches, and the mean of their results as Caffe computes it; a metric
            that is no quotient of two sums is that of these batches together. Left out: the sums
            over the whole set, which are exact.
        gather: from what this process has summed to what each has, in an order that is the same
            everywhere.
    """
    totals = _added(gather(_on_host(summed(net, batches, test_iter))))
    scores = {name: _score(net, name, sums, test_iter) for name, sums in totals.items()}
    return dict(sorted(scores.items(), key=lambda item: kind_of(net, item[0]) != "metric"))


def summed(net: Net, batches: Batches, test_iter: int | None) -> dict[str, Sums]:
    """Return the sums of each loss and metric; the arguments are those of `evaluate`.

    What several processes found on their shares of a set adds up to what one finds on all of it.
    """
    module = net.measuring_module
    totals: dict[str, Sums] = {}
    with torch.no_grad(), naming_layers(net), files_of(net):
        for batch in batches if test_iter is None else islice(batches, test_iter):
            for name, measured in module(*batch).items():
                sums = _sums(net, name, measured)
                if test_iter is not None and len(sums) == 2:
                    sums = _quotient(sums), torch.ones_like(sums[1])
                _add(totals, name, sums)
    return totals


def _add(totals: dict[str, Sums], name: str, sums: Sums) -> None:
    old = totals.get(name, ())
    totals[name] = tuple(map(torch.add, old, sums)) if old else sums


def _added(parts: Iterable[Mapping[str, Sums]]) -> dict[str, Sums]:
    totals: dict[str, Sums] = {}
    for part in parts:
        for name, sums in part.items():
            _add(totals, name, sums)
    return totals


def _on_host(totals: Mapping[str, Sums]) -> dict[str, Sums]:
    return {name: tuple(part.cpu() for part in sums) for name, sums in totals.items()}


def _sums(net: Net, name: str, measured: Any) -> Sums:
    """Return the sums of one top, in numbers that a set of any size can be added up in; a layer of
    one top may give the bare pair."""
    if isinstance(measured, Tensor):
        pair: Sums = (measured,)
    else:
        _, place = net.measured[name]
        pair = measured if isinstance(measured[0], Tensor) else measured[place]
    return tuple(wide(part) if part.is_floating_point() else part.long() for part in pair)


def _quotient(sums: Sums) -> Tensor:
    numerator, denominator = map(wide, sums)
    return weighed_quotient(numerator, denominator)


def _score(net: Net, name: str, sums: Sums, test_iter: int | None) -> Score:
    kind, conclude = type_of(net, name), net.conclusion(name)
    if conclude is not None:
        given = conclude(wide(sums[0]))
        top = given if isinstance(given, Tensor) else given[net.measured[name][1]]
        return Score(top.tolist(), axes=kind.top_axes)
    whole = not any(part.dim() or part.is_floating_point() for part in sums)
    is_count = whole and test_iter is None and kind.kind == "metric"
    counts = (int(sums[0]), int(sums[1])) if is_count else None
    return Score(_quotient(sums).tolist(), counts, kind.top_axes)


def type_of(net: Net, name: str) -> LayerType:
    """Return the type of the layer that a measured blob comes from."""
    position, _ = net.measured[name]
    return net.layers[net.wiring.nodes[position].layer.type]


def kind_of(net: Net, name: str) -> str:
    """Return whether a measured blob is a `loss` or a `metric`."""
    return type_of(net, name).kind


def is_larger_better(net: Net, name: str) -> bool:
    """Return whether more of a measured blob is better."""
    kind = type_of(net, name)
    return kind.kind == "metric" and kind.larger_is_better


def line(name: str, scores: Mapping[str, Score]) -> str:
    """Return the line for people and scripts: `test: accuracy 0.9906 (9906/10000) loss 0.0287`.

    What has rows and columns is not in it, unless there is nothing else.
    """
    short = {blob: score for blob, score in scores.items() if not score.is_table} or scores
    return f"{name}: " + " ".join(f"{blob} {score}" for blob, score in short.items())
