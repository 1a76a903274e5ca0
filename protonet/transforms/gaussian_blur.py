"""Blur every image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import AfterValidator
from torch.nn import functional

from protonet.errors import ShapeError
from protonet.randomness import key
from protonet.records import Count, Fraction, Record, custom_error
from protonet.transforms.chances import Drawn, Span, at_least, between, chosen
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


def _odd(size: int) -> int:
    if size % 2 == 0:
        raise custom_error("PN013", "a kernel has a pixel in its middle", "give an odd number")
    return size


class GaussianBlurParams(Record):
    """How far pixels run into each other."""

    sigma: Annotated[Span, at_least(0, strictly=True)] = (0.1, 2.0)
    """Standard deviation of the blur, in pixels; or [least, most], of which each image gets its
    own."""
    kernel_size: Annotated[Count, AfterValidator(_odd)] | None = None
    """Side of the square of pixels that run into one, an odd number. Left out: as far as three
    times the largest sigma on either side."""
    probability: Fraction = 1.0
    """Chance that an image is blurred, 0 to 1."""


_TOGETHER = 16
"""Images that are blurred at a time: so many that their channels fill the widest vectors, and so
few that they stay near the processor; twice as fast as all of a batch."""

_NOTHING = 1e-20
"""Weights below are none: they change no sum, and processors are slow with numbers near 0."""


@dataclass(frozen=True, slots=True)
class Blur:
    """Blurs some images.

    Attributes:
        sigma: least and most standard deviation, in pixels.
        radius: pixels on either side that count.
        probability: that an image is blurred.
        seed: of this transform.
    """

    sigma: tuple[float, float]
    radius: int
    probability: float
    seed: int

    def host(self, images: Array, positions: Positions) -> Array:
        """Blur some of (N, C, H, W); whole numbers are rounded."""
        rows = chosen(self.probability, self.seed, positions)
        result = images.copy()
        whole = images.dtype.kind in "iu"
        for start in range(0, len(rows), _TOGETHER):
            some = rows[start : start + _TOGETHER]
            given = torch.from_numpy(images[some].astype(np.float32))
            blurred = self._blurred(given, positions[some])
            result[some] = (blurred.round_() if whole else blurred).numpy()
        return result

    def device(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Do the same in place, without rounding."""
        rows = chosen(self.probability, self.seed, positions)
        if rows.size:
            which = sent(rows, images)
            images[which] = self._blurred(images[which], positions[rows])
        return images

    def _blurred(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        count, channels, rows, columns = images.shape
        weights = sent(self.weights(positions), images)
        each = weights.repeat_interleave(channels, 0)  # (N C, kernel)
        ends = [self.radius] * 4
        planes = images.reshape(1, -1, rows, columns)  # (1, N C, H, W)
        planes = functional.pad(planes, ends, mode="reflect")
        planes = functional.conv2d(planes, each[:, None, :, None], groups=count * channels)
        planes = functional.conv2d(planes, each[:, None, None, :], groups=count * channels)
        return planes.reshape(images.shape)

    def weights(self, positions: Positions) -> Array:
        """Return what each image's pixels are weighed with along an axis, (N, kernel) float32."""
        sigmas: Drawn = between(self.sigma, key(self.seed, "sigma"), positions)
        distances = np.arange(-self.radius, self.radius + 1)
        weights = np.exp(-0.5 * (distances / sigmas[:, None]) ** 2)
        weights /= weights.sum(axis=1, keepdims=True)
        weights[weights < _NOTHING] = 0
        return np.asarray(weights, np.float32)


def _build(params: GaussianBlurParams, context: Context) -> Transform:
    """Blur each image by a Gaussian of its own, in every phase.

    Beyond the edge the image is mirrored. What a training pipeline stores for the evaluation of its
    net leaves it out; a label image stays as it is.

    Takes and gives: (N, C, H, W).
    Raises: ShapeError if the samples are no images, or not larger than half the kernel.
    Source: torchvision, GaussianBlur.
    """
    if context.label_image:
        return unchanged(context)
    _, rows, columns = images_of(context)
    radius = int(np.ceil(3 * params.sigma[1]))
    if params.kernel_size is not None:
        radius = params.kernel_size // 2
    if radius >= min(rows, columns):
        raise ShapeError(
            f"a kernel of {2 * radius + 1} pixels reaches {radius} beyond the edge, and images of "
            f"{rows} x {columns} can be mirrored by {min(rows, columns) - 1}",
            f"give kernel_size: {2 * min(rows, columns) - 1} or less",
        )
    blur = Blur(params.sigma, radius, params.probability, context.seed)
    return Transform(
        shape=context.shape,
        device=blur.device,
        host=blur.host,
        description=chance("GaussianBlur", params, context),
    )


GAUSSIAN_BLUR = TransformType("GaussianBlur", GaussianBlurParams, _build, chooses="blur")
