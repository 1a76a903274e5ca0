"""A layer whose work takes as long as its keys say, on a clock that only work moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from protonet.layers import LAYERS
from protonet.layers.record import SOME, Blob, LayerType, Setting
from protonet.records import Record, Size


class WorkClock:
    """A clock whose milliseconds are those of the layers' work."""

    def __init__(self) -> None:
        self.now = 0
        self.waits = 0

    def mark(self) -> object:
        return self.now

    def wait(self) -> None:
        self.waits += 1

    def milliseconds(self, first: Any, second: Any) -> float:
        return float(second - first)


class WorkParams(Record):
    """How long it works."""

    forward: Size = 0
    """Milliseconds."""
    backward: Size = 0
    """Milliseconds."""


def working(clock: WorkClock) -> Mapping[str, LayerType]:
    """Return the table of layer types with a type `Work`: it adds its bottoms up, gives the sum as
    every top, and moves the clock. With no work it gives its bottom itself."""

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, params: WorkParams, tops: int, *bottoms: torch.Tensor) -> Any:
            ctx.params, ctx.count = params, len(bottoms)
            total = torch.stack(bottoms).sum(0)
            return tuple(total.clone() for _ in range(tops))

        @staticmethod
        def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
            clock.now += ctx.params.backward
            return None, None, *[torch.stack(gradients).sum(0)] * ctx.count

    class Work(nn.Module):
        def __init__(self, params: WorkParams, tops: int) -> None:
            super().__init__()
            self.params, self.tops = params, tops

        def forward(self, *bottoms: torch.Tensor) -> Any:
            clock.now += self.params.forward
            if self.params == WorkParams():
                return bottoms[0]
            tops = Function.apply(self.params, self.tops, *bottoms)
            return tops if self.tops > 1 else tops[0]

    def build(params: WorkParams, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
        return Work(params, setting.tops)

    def infer(params: WorkParams, bottoms: Sequence[Blob], setting: Setting) -> tuple[Blob, ...]:
        return (bottoms[0],) * setting.tops

    kind = LayerType(
        name="Work", params=WorkParams, build=build, bottoms=SOME, tops=SOME, infer=infer
    )
    return {**LAYERS, "Work": kind}
