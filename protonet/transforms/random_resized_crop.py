"""Cut a window of random area and proportions out of every image, and scale it to one size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import AfterValidator

from protonet.records import Flag, Record, custom_error
from protonet.transforms.areas import Areas, Rectangles
from protonet.transforms.chances import Span, at_least
from protonet.transforms.pictures import Interpolation
from protonet.transforms.record import (
    Array,
    Context,
    Positions,
    Transform,
    TransformType,
    described,
    images_of,
)
from protonet.transforms.resizing import Scaling
from protonet.transforms.sizes import Sides


def _share(span: tuple[float, float]) -> tuple[float, float]:
    if not 0 < span[0] <= span[1] <= 1:
        raise custom_error("PN013", "both numbers are above 0 and at most 1")
    return span


Share = Annotated[Span, AfterValidator(_share)]
"""Least and most share of an image's area, above 0 and at most 1."""
Ratio = Annotated[Span, at_least(0, strictly=True, single=False)]
"""Least and most of a width divided by its height, above 0."""


class RandomResizedCropParams(Record):
    """Which windows, and to which size."""

    size: Sides
    """Side of a square, or [height, width], of what is given, in pixels."""
    scale: Share = (0.08, 1.0)
    """Least and most area of a window, as a share of the image's."""
    ratio: Ratio = (3 / 4, 4 / 3)
    """Least and most width of a window divided by its height."""
    interpolation: Interpolation = "bilinear"
    """What becomes of pixels between pixels; a label image always takes the nearest."""
    antialias: Flag = True
    """Let all pixels count where a window becomes smaller."""


@dataclass(frozen=True, slots=True)
class ScaledWindow:
    """A window for each image, scaled to one size.

    Attributes:
        areas: which windows are drawn.
        scaling: how they are scaled.
        seed: of this transform.
    """

    areas: Areas
    scaling: Scaling
    seed: int

    def windows(self, positions: Positions) -> Rectangles:
        """Return the window of each image; where none of ten fitted, the largest in the middle
        whose proportions are allowed."""
        drawn = self.areas.drawn(self.seed, positions)
        height, width = self._largest()
        corners = (self.areas.rows - height) // 2, (self.areas.columns - width) // 2
        return Rectangles(
            np.where(drawn.found, drawn.top, corners[0]),
            np.where(drawn.found, drawn.left, corners[1]),
            np.where(drawn.found, drawn.height, height),
            np.where(drawn.found, drawn.width, width),
            np.ones_like(drawn.found),
        )

    def _largest(self) -> tuple[int, int]:
        rows, columns = self.areas.rows, self.areas.columns
        least, most = self.areas.ratio
        if columns / rows < least:
            return min(rows, max(1, round(columns / least))), columns
        if columns / rows > most:
            return rows, min(columns, max(1, round(rows * most)))
        return rows, columns

    def host(self, images: Array, positions: Positions) -> Array:
        """Cut and scale (N, C, H, W) to (N, C, *size)."""
        cut = [self.scaling.of_array(images[box]) for box in self._boxes(positions)]
        return np.concatenate(cut or [self.scaling.of_array(images)])

    def device(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Do the same on a device."""
        cut = [self.scaling.of_tensor(images[box]) for box in self._boxes(positions)]
        return torch.cat(cut or [self.scaling.of_tensor(images)])

    def _boxes(self, positions: Positions) -> list[tuple[slice, slice, slice, slice]]:
        found = self.windows(positions)
        numbers = zip(
            *(each.tolist() for each in (found.top, found.left, found.height, found.width)),
            strict=True,
        )
        return [
            (slice(row, row + 1), slice(None), slice(top, top + height), slice(left, left + width))
            for row, (top, left, height, width) in enumerate(numbers)
        ]


def _build(params: RandomResizedCropParams, context: Context) -> Transform:
    """Cut a window of random area and proportions out of each image, and scale it.

    In every phase. What a training pipeline stores for the evaluation of its net is the whole
    image, scaled.

    Takes: (N, C, H, W). Gives: (N, C, height, width).
    Raises: ShapeError if the samples are no images.
    Source: Szegedy et al.: Going Deeper with Convolutions, 2014; torchvision, RandomResizedCrop.
    """
    channels, rows, columns = images_of(context)
    interpolation = "nearest" if context.label_image else params.interpolation
    window = ScaledWindow(
        Areas(rows, columns, params.scale, params.ratio, whole=True),
        Scaling(params.size, interpolation, params.antialias),
        context.seed,
    )
    scaled = {"size", "interpolation", "antialias"}
    kept = params.model_dump(mode="json", include=scaled, exclude_defaults=True)
    return Transform(
        shape=(channels, *params.size),
        device=window.device,
        host=window.host,
        description={"type": "Resize", **kept}
        if context.training
        else described("RandomResizedCrop", params),
    )


RANDOM_RESIZED_CROP = TransformType(
    "RandomResizedCrop", RandomResizedCropParams, _build, chooses="scaled window"
)
