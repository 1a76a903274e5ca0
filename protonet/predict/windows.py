"""Ten windows of every picture in the place of its centre: the corners and the centre, and each of
them mirrored.

Source: Caffe, python/caffe/io.py, oversample.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from protonet.errors import UsageError
from protonet.transforms import Pipeline, Transform
from protonet.transforms.crop import CentreWindow
from protonet.transforms.record import Array, Positions

WINDOWS = 10


@dataclass(frozen=True, slots=True)
class _Window:
    """One window, mirrored or not."""

    place: CentreWindow
    mirrored: bool

    def host(self, images: Array, positions: Positions) -> Array:
        """Cut (N, C, H, W) to (N, C, height, width)."""
        cut = self.place.host(images, positions)
        return np.ascontiguousarray(cut[..., ::-1]) if self.mirrored else cut

    def device(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Do the same on a device."""
        cut = self.place.device(images, positions)
        return cut.flip(-1) if self.mirrored else cut


def windowed(pipeline: Pipeline, shape: tuple[int, ...], number: int) -> Pipeline:
    """Return a pipeline that takes another window than the centre.

    Args:
        pipeline: of an evaluation.
        shape: of a picture before it, (C, H, W).
        number: 0 to 4: the corners from top left to bottom right, and the centre; 5 to 9: those,
            mirrored.

    Raises: UsageError if the pipeline cuts nothing out.
    """
    steps, before = [*pipeline.on_host, *pipeline.on_device], shape
    for at, step in enumerate(steps):
        if (step.description or {}).get("type") == "CenterCrop":
            steps[at] = _moved(step, before, number)
            hosted = len(pipeline.on_host)
            return replace(pipeline, on_host=tuple(steps[:hosted]), on_device=tuple(steps[hosted:]))
        before = step.shape
    raise UsageError(
        "--ten-crop: the net's pictures are not cut, so there is one window; train it with "
        "crop_size, or CenterCrop in the transform of its test"
    )


def _moved(step: Transform, before: tuple[int, ...], number: int) -> Transform:
    height, width = step.shape[1:]
    down, right = before[1] - height, before[2] - width
    corners = [(0, 0), (0, right), (down, 0), (down, right)]
    top, left = [*corners, (down // 2, right // 2)][number % 5]
    window = _Window(CentreWindow(top, left, height, width), number >= WINDOWS // 2)
    return replace(step, host=window.host, device=window.device)
