"""What layers on images prove about their bottoms."""

from __future__ import annotations

from protonet.errors import ShapeError
from protonet.layers.record import Blob


def image_sides(bottom: Blob, kind: str) -> tuple[int, int]:
    """Return height and width of images (N, C, H, W), in pixels.

    Raises: ShapeError if the bottom has another number of axes; `kind` is the layer's type.
    """
    if bottom.rank != 4:
        axes = f"{bottom.rank} {'axis' if bottom.rank == 1 else 'axes'}"
        raise ShapeError(f"the bottom {bottom} has {axes}, {kind} needs 4: (N, C, H, W)")
    return bottom.shape[2], bottom.shape[3]
