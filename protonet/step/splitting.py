"""How a batch is cut into parts, and how what is computed of them makes up the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from protonet.layers.normalization import weighed_quotient, wide
from protonet.step.objective import Batch, Outputs


class CannotSplit(Exception):
    """Why a batch cannot be computed in parts, in words."""


@dataclass(frozen=True, slots=True)
class Splitting:
    """How a batch is cut, and how what is computed of its parts makes up the whole.

    Attributes:
        forward: computes a part: for each output a tensor, or (numerator, denominator).
        adding: how each output makes up that of the whole: `quotient`, `sum`, `mean`, weighed by
            samples, or `own`, which it does not.
        axes: the batch axis of each tensor of a batch; None for what every part gets whole.
        uneven: quotients that are minimised, whose denominators do not go with the samples.
        statistics: what a forward pass moves besides.
        note: what a person must know of these parts; may be empty.
    """

    forward: Callable[..., Mapping[str, Any]]
    adding: Mapping[str, str]
    axes: Sequence[int | None]
    uneven: frozenset[str] = frozenset()
    statistics: Sequence[Tensor] = ()
    note: str = ""

    @property
    def quotients(self) -> list[str]:
        """The outputs that are quotients."""
        return [name for name, how in self.adding.items() if how == "quotient"]

    def samples(self, batch: Batch) -> int:
        """Return the samples of a batch; 0 where it has none."""
        pairs = zip(batch, self.axes, strict=True)
        return next((one.shape[axis] for one, axis in pairs if axis is not None), 0)

    def parts(self, batch: Batch, size: int) -> list[Batch]:
        """Return a batch in parts of so many samples; the last may have fewer."""
        return parts_of(batch, self.axes, size)


def parts_of(batch: Batch, axes: Sequence[int | None], size: int) -> list[Batch]:
    """Return a batch in parts of so many samples; the last may have fewer.

    Args:
        batch: its tensors.
        axes: the batch axis of each; None for what every part gets whole. One has one.
        size: samples of a part.
    """
    pairs = zip(batch, axes, strict=True)
    cut = [None if axis is None else one.split(size, axis) for one, axis in pairs]
    count = max(len(parts) for parts in cut if parts is not None)
    whole = [
        [one] * count if parts is None else parts for one, parts in zip(batch, cut, strict=True)
    ]
    return list(zip(*whole, strict=True))


class Sums:
    """The outputs of the whole batch, from those of its parts."""

    def __init__(self, splitting: Splitting) -> None:
        self._splitting = splitting
        self._values: dict[str, Any] = {}

    @torch.no_grad()
    def add(self, given: Mapping[str, Any], share: float) -> None:
        """Take a part in."""
        for name, how in self._splitting.adding.items():
            if how == "quotient":
                pair = [wide(one.detach()) for one in given[name]]
                old = self._values.get(name)
                self._values[name] = pair if old is None else list(map(torch.add, old, pair))
                continue
            value = given[name].detach()
            value = value * share if how == "mean" else value
            adds = how != "own" and name in self._values
            self._values[name] = self._values[name] + value if adds else value

    @torch.no_grad()
    def outputs(self) -> Outputs:
        """Return them; of what does not add up, those of the last part."""
        quotients = self._splitting.quotients
        return {
            name: weighed_quotient(*value).float() if name in quotients else value
            for name, value in self._values.items()
        }


def weighed(
    splitting: Splitting, given: Mapping[str, Any], totals: Mapping[str, Tensor], share: float
) -> Outputs:
    """Return the outputs of a part so that the losses of all parts add up to that of the whole."""
    outputs: dict[str, Tensor] = {}
    for name, how in splitting.adding.items():
        if how == "quotient":
            numerator, denominator = given[name]
            total = totals[name] if name in totals else wide(denominator) / share
            outputs[name] = weighed_quotient(numerator, total.to(numerator.dtype))
        else:
            outputs[name] = given[name] * share if how == "mean" else given[name]
    return outputs


def check(splitting: Splitting, batch: Batch) -> None:
    """Refuse a net whose denominators do not add up, tried on two samples.

    Raises: CannotSplit.
    """
    samples = splitting.samples(batch)
    if samples == 0:
        raise CannotSplit("no input has a batch axis")
    if samples == 1:
        return
    first, *_ = splitting.parts(batch, 2)
    whole = splitting.forward(*first)
    parts = [splitting.forward(*part) for part in splitting.parts(first, 1)]
    for name in splitting.quotients:
        added = torch.stack([wide(part[name][1]) for part in parts]).sum(0)
        if not torch.allclose(added, wide(whole[name][1])):
            raise CannotSplit(f"what {name} is divided by does not grow with the samples")
