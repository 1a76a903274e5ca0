"""The module of a recurrent layer: the net of one step, called once for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from protonet.language import Loop

Follows = int | tuple[int, int]
"""An axis of a tensor: its size, or the bottom and the axis of it that it is as long as."""


@dataclass(frozen=True, slots=True)
class Zeros:
    """What is carried into the first step where no blob is: zeros of these axes and this type."""

    axes: tuple[Follows, ...]
    dtype: torch.dtype

    def tensor(self, bottoms: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return them, for bottoms of these sizes."""
        sizes = [
            axis if isinstance(axis, int) else bottoms[axis[0]].shape[axis[1]] for axis in self.axes
        ]
        return bottoms[0].new_zeros(sizes, dtype=self.dtype)


@dataclass(frozen=True, slots=True)
class Steps:
    """How the steps hang together.

    Attributes:
        loop: what each bottom is.
        inputs: the arguments of a step, by their names in the block.
        zeros: the first values of what is carried and read from no bottom, by these names.
        tops: how many tops of a step are stacked.
        finals: how many of the last values of what is carried are tops besides.
        axis: of the steps.
        reverse: whether the last step comes first.
    """

    loop: Loop
    inputs: tuple[str, ...]
    zeros: Mapping[str, Zeros]
    tops: int
    finals: int
    axis: int = 0
    reverse: bool = False


def top_key(place: int) -> str:
    """Return the key of a stacked top among what a step gives."""
    return f"top {place}"


def next_key(bottom: str) -> str:
    """Return the key of what the next step gets as a bottom, among what a step gives."""
    return f"next {bottom}"


class Recurrent(nn.Module):
    """Applies the net of a step along an axis; its layers have their parameters once.

    Args:
        step: takes `steps.inputs`, and gives a dict of `top_key` and `next_key`.
        steps: how the steps hang together.
    """

    def __init__(self, step: nn.Module, steps: Steps) -> None:
        super().__init__()
        self.step, self.steps = step, steps

    def forward(self, *bottoms: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Map the bottoms to the stacked tops, and the last values of what is carried."""
        steps, loop = self.steps, self.steps.loop
        values = {name: bottoms[place] for name, place in loop.constant}
        for one in loop.carry:
            at = one.first
            values[one.bottom] = (
                steps.zeros[one.bottom].tensor(bottoms) if at is None else bottoms[at]
            )
        cut = {name: bottoms[place].unbind(steps.axis) for name, place in loop.over}
        order = range(len(next(iter(cut.values()))))
        given: list[dict[str, torch.Tensor]] = []
        for turn in reversed(order) if steps.reverse else order:
            values.update((name, parts[turn]) for name, parts in cut.items())
            given.append(self.step(*(values[name] for name in steps.inputs)))
            values.update((one.bottom, given[-1][next_key(one.bottom)]) for one in loop.carry)
        given = given[::-1] if steps.reverse else given
        tops = [
            torch.stack([one[top_key(place)] for one in given], steps.axis)
            for place in range(steps.tops)
        ]
        tops += [values[one.bottom] for one in loop.carry[: steps.finals]]
        return tops[0] if len(tops) == 1 else tuple(tops)
