"""What makes images of any size alike, as they are decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protonet.windows.plain import Array, Positions, WindowFunction
from protonet.windows.scaled import ScaledWindows

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sizing:
    """What makes images of any size alike.

    Attributes:
        shape: of one sample afterwards, (C, height, width).
        count: how many transforms of the list do it.
        host: from the shape of an image to those transforms, for (1, C, H, W) of this shape.
        scaled: the windows that are scaled, where the first transform does it; None otherwise.
        windows: what the other transforms take of the scaled images; None where there are none.
    """

    shape: Shape
    count: int
    host: Callable[[Shape], Callable[[Array, Positions], Array]]
    scaled: ScaledWindows | None = None
    windows: WindowFunction | None = None
