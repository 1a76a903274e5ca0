"""Paint a rectangle over every other image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch
from pydantic import BeforeValidator

from protonet.randomness import key
from protonet.records import Fraction, Record, custom_error
from protonet.transforms.areas import Areas
from protonet.transforms.chances import chosen, generators
from protonet.transforms.pictures import check_fill
from protonet.transforms.random_resized_crop import Ratio, Share
from protonet.transforms.record import (
    Array,
    Context,
    Positions,
    Transform,
    TransformType,
    chance,
    images_of,
    unchanged,
)
from protonet.transforms.sending import sent
from protonet.transforms.values import Numbers, read_numbers

Noise = Literal["random"]


def _fill(written: object) -> Numbers | Noise:
    if not isinstance(written, str):
        return read_numbers(written)
    if written != "random":
        raise custom_error(
            "PN010", "a number is needed, a list with one for each channel, or random"
        )
    return "random"


class RandomErasingParams(Record):
    """How often, how large, and what is painted."""

    probability: Fraction = 0.5
    """Chance that an image loses a rectangle, 0 to 1."""
    scale: Share = (0.02, 0.33)
    """Least and most area of the rectangle, as a share of the image's."""
    ratio: Ratio = (0.3, 3.3)
    """Least and most width of the rectangle divided by its height."""
    fill: Annotated[
        Numbers | Noise,
        BeforeValidator(_fill, json_schema_input_type=float | list[float] | Noise),
    ] = (0.0,)
    """What is painted: one number, one for each channel, or `random`, a number for every pixel:
    any byte of an image as it is stored, a normal number of mean 0 and deviation 1 behind
    arithmetic."""


@dataclass(frozen=True, slots=True)
class Erasing:
    """Paints a rectangle over some images.

    Attributes:
        areas: which rectangles are drawn.
        probability: that an image loses one.
        fill: what is painted.
        seed: of this transform.
    """

    areas: Areas
    probability: float
    fill: Numbers | Noise
    seed: int

    def boxes(self, positions: Positions) -> list[tuple[int, slice, slice]]:
        """Return the number of each image that loses a rectangle, with its rows and columns."""
        drawn = self.areas.drawn(self.seed, positions)
        rows = chosen(self.probability, self.seed, positions)
        return [
            (
                row,
                slice(drawn.top[row], drawn.top[row] + drawn.height[row]),
                slice(drawn.left[row], drawn.left[row] + drawn.width[row]),
            )
            for row in rows[drawn.found[rows]].tolist()
        ]

    def host(self, images: Array, positions: Positions) -> Array:
        """Paint over some of (N, C, H, W)."""
        result = images.copy()
        for row, rows, columns in self.boxes(positions):
            erased = result[row, :, rows, columns]
            erased[...] = self._paint(erased.shape, positions[row], images.dtype).numpy()
        return result

    def device(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Do the same in place."""
        for row, rows, columns in self.boxes(positions):
            erased = images[row, :, rows, columns]
            paint = self._paint(tuple(erased.shape), positions[row], np.dtype(np.float32))
            erased.copy_(sent(paint, images))
        return images

    def _paint(
        self, shape: tuple[int, ...], position: np.int64, dtype: np.dtype[np.generic]
    ) -> torch.Tensor:
        """Return what an image gets, (C, height, width) or what becomes that."""
        if self.fill != "random":
            return torch.tensor(self.fill).reshape(-1, 1, 1).expand(shape)
        (generator,) = generators(key(self.seed, "noise"), np.array([position]))
        if dtype == np.uint8:
            return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)
        return torch.randn(shape, generator=generator)


def _build(params: RandomErasingParams, context: Context) -> Transform:
    """Paint a rectangle of random place, area and proportions over some images.

    In every phase. What a training pipeline stores for the evaluation of its net leaves it out; a
    label image stays as it is.

    Takes and gives: (N, C, H, W).
    Raises: ShapeError if the samples are no images, or the fill does not fit.
    Source: Zhong et al.: Random Erasing Data Augmentation, 2017; torchvision, RandomErasing.
    """
    if context.label_image:
        return unchanged(context)
    _, rows, columns = images_of(context)
    if params.fill != "random":
        check_fill(params.fill, context)
    areas = Areas(rows, columns, params.scale, params.ratio, whole=False)
    erasing = Erasing(areas, params.probability, params.fill, context.seed)
    return Transform(
        shape=context.shape,
        device=erasing.device,
        host=erasing.host,
        description=chance("RandomErasing", params, context),
    )


RANDOM_ERASING = TransformType("RandomErasing", RandomErasingParams, _build, chooses="rectangle")
