"""Cut a window of random area and proportions out of every image, and scale it to one size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, TypeVar

import numpy as np
import torch
from pydantic import AfterValidator

from protonet.records import Flag, Record, custom_error
from protonet.transforms.areas import Draws
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
from protonet.windows.scaled import Box, BoxFunction, ScaledWindows

Images = TypeVar("Images", Array, torch.Tensor)


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
    reduced: Flag = True
    """Decode a JPEG at a half, a quarter or an eighth of its size where its window then still has
    the pixels of `size` along both axes: faster by far, and pixels differ a little."""


@dataclass(frozen=True, slots=True)
class RandomWindows:
    """A window for each image, scaled to one size.

    Attributes:
        scale: least and most area of a window, as a share of the image's.
        ratio: least and most width of a window divided by its height.
        scaling: how they are scaled.
        seed: of this transform.
    """

    scale: tuple[float, float]
    ratio: tuple[float, float]
    scaling: Scaling
    seed: int

    def draw(self, positions: Positions) -> BoxFunction:
        """Return what gives the window of each image at some positions, (N,); where none of ten
        fitted, it is the largest in the middle whose proportions are allowed."""
        draws = Draws.of(self.scale, self.ratio, self.seed, positions)

        def box(number: int, rows: int, columns: int) -> Box:
            return draws.box(number, rows, columns) or self._largest(rows, columns)

        return box

    def _largest(self, rows: int, columns: int) -> Box:
        height, width = rows, columns
        least, most = self.ratio
        if columns / rows < least:
            height = min(rows, max(1, round(columns / least)))
        elif columns / rows > most:
            width = min(columns, max(1, round(rows * most)))
        return (rows - height) // 2, (columns - width) // 2, height, width

    def host(self, images: Array, positions: Positions) -> Array:
        """Cut and scale (N, C, H, W) to (N, C, *size)."""
        cut = [self.scaling.of_array(part) for part in self._parts(images, positions)]
        return np.concatenate(cut or [self.scaling.of_array(images)])

    def device(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Do the same on a device."""
        cut = [self.scaling.of_tensor(part) for part in self._parts(images, positions)]
        return torch.cat(cut or [self.scaling.of_tensor(images)])

    def _parts(self, images: Images, positions: Positions) -> Iterator[Images]:
        rows, columns = images.shape[2:]
        box = self.draw(positions)
        for number in range(len(positions)):
            top, left, height, width = box(number, rows, columns)
            yield images[number : number + 1, :, top : top + height, left : left + width]


def _build(params: RandomResizedCropParams, context: Context) -> Transform:
    """Cut a window of random area and proportions out of each image, and scale it.

    In every phase. What a training pipeline stores for the evaluation of its net is the whole
    image, scaled.

    Takes: (N, C, H, W). Gives: (N, C, height, width).
    Raises: ShapeError if the samples are no images.
    Source: Szegedy et al.: Going Deeper with Convolutions, 2014; torchvision, RandomResizedCrop.
    """
    channels, *_ = images_of(context)
    interpolation = "nearest" if context.label_image else params.interpolation
    scaling = Scaling(params.size, interpolation, params.antialias)
    windows = RandomWindows(params.scale, params.ratio, scaling, context.seed)
    reduced = params.reduced and interpolation != "nearest"
    scaled = {"size", "interpolation", "antialias"}
    kept = params.model_dump(mode="json", include=scaled, exclude_defaults=True)
    return Transform(
        shape=(channels, *params.size),
        device=windows.device,
        host=windows.host,
        scaled=ScaledWindows(params.size, windows.draw, scaling.of_pixels, reduced),
        description={"type": "Resize", **kept}
        if context.training
        else described("RandomResizedCrop", params),
    )


RANDOM_RESIZED_CROP = TransformType(
    "RandomResizedCrop", RandomResizedCropParams, _build, chooses="scaled window", moves=True
)
