"""Layer types for tests of the net alone: small, and none of the catalogue's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import torch
from torch import nn

from protonet.errors import ShapeError
from protonet.layers import LAYERS
from protonet.layers.record import Arity, Blob, LayerType, NoParams, Setting
from protonet.records import Flag, Record


class InputParams(Record):
    """The shapes of an Input layer's tops, taken literally."""

    shape: tuple[tuple[int, ...], ...]
    """A shape per top, or one for all."""
    dtype: str = "float32"
    """Element type."""

    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Return the shapes."""
        return self.shape


class Two(nn.Module):
    """Gives its bottom, and the same doubled."""

    def forward(self, bottom: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return both, shaped as the bottom."""
        return bottom, 2 * bottom


class Counter(nn.Module):
    """Adds a statistic to its bottom, and in phase train one to the statistic."""

    def __init__(self, frozen: bool) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(()))
        self.frozen = frozen

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return the sum, shaped as the bottom."""
        count = self.get_buffer("count")
        if self.training and not self.frozen:
            count.add_(1)
        return bottom + count


class CounterParams(Record):
    """Whether the statistic stands still."""

    still: Flag = False
    """Whether the statistic stands still."""


class Fixed(nn.Module):
    """Views its bottom as two rows, whatever its size."""

    def forward(self, bottom: torch.Tensor) -> torch.Tensor:
        """Return (2, 3)."""
        return bottom.view(2, 3)


def _no_build(params: Record, bottoms: Sequence[Blob], setting: Setting) -> nn.Module:
    raise ShapeError("an input is not built")


INPUT = LayerType(
    name="Input", params=InputParams, build=_no_build, bottoms=Arity(0, 0), tops=Arity(1, None)
)
TWO_TOPS = LayerType(
    name="Two", params=NoParams, build=lambda params, bottoms, setting: Two(), tops=Arity(1, 2)
)
SINK = LayerType(
    name="Sink",
    params=NoParams,
    build=lambda params, bottoms, setting: nn.Identity(),
    bottoms=Arity(1, None),
    tops=Arity(0, 0),
)
COUNTER = LayerType(
    name="Counter",
    params=CounterParams,
    build=lambda params, bottoms, setting: Counter(params.still),
    parameters=("count",),
    freeze=lambda params: params.model_copy(update={"still": True}),
)
FIXED = LayerType(name="Fixed", params=NoParams, build=lambda params, bottoms, setting: Fixed())

KINDS: Mapping[str, LayerType] = MappingProxyType(
    {**LAYERS, **{kind.name: kind for kind in (INPUT, TWO_TOPS, SINK, COUNTER, FIXED)}}
)
"""The catalogue and these."""
