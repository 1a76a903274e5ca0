"""Images scaled to another size: bytes by torch's kernels for bytes, the rest in float32.

Bilinear and bicubic are those of `protonet.windows.resampled`. `nearest` gives Pillow's pixels
exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn import functional

from protonet.transforms.pictures import Interpolation
from protonet.transforms.record import Array, Positions
from protonet.transforms.sending import sent
from protonet.windows.resampled import resampled


@dataclass(frozen=True, slots=True)
class Scaling:
    """How images are scaled.

    Attributes:
        size: height and width afterwards, in pixels.
        interpolation: what becomes of pixels between pixels.
        antialias: whether all pixels count where an image becomes smaller.
    """

    size: tuple[int, int]
    interpolation: Interpolation
    antialias: bool

    def of_array(self, images: Array) -> Array:
        """Scale (N, C, H, W) to (N, C, *size); what is no byte becomes float32, but of the nearest
        pixel."""
        if self.interpolation == "nearest":
            rows, columns = (
                nearest(side, new) for side, new in zip(images.shape[2:], self.size, strict=True)
            )
            taken: Array = np.ascontiguousarray(images[:, :, rows[:, None], columns])
            return taken
        if (
            images.dtype == np.uint8 and self.size[1] == 1 and len(images)
        ):  # torch 2.13 fails for a batch of these
            each = [self.of_pixels(image.transpose(1, 2, 0)) for image in images]
            return np.stack(each).transpose(0, 3, 1, 2)
        given = np.ascontiguousarray(images, None if images.dtype == np.uint8 else np.float32)
        return np.asarray(self.of_tensor(torch.from_numpy(given)).numpy())

    def of_pixels(self, pixels: Array) -> Array:
        """Scale one image, (H, W, C) bytes, C-contiguous, to (*size, C); the bytes are those that
        `of_array` gives."""
        if self.interpolation == "nearest":
            scaled = self.of_array(pixels.transpose(2, 0, 1)[None])[0]
            return np.asarray(scaled.transpose(1, 2, 0))
        return resampled(pixels, self.size, self.interpolation, antialias=self.antialias)

    def of_tensor(self, images: torch.Tensor) -> torch.Tensor:
        """Scale (N, C, H, W) bytes or float32 to (N, C, *size)."""
        if self.interpolation == "nearest":
            rows, columns = (
                sent(nearest(side, new), images)
                for side, new in zip(images.shape[2:], self.size, strict=True)
            )
            return images[:, :, rows[:, None], columns]
        if images.shape[2:] == self.size:
            return images
        if self.size[1] == 1 < self.size[0]:  # torch 2.13 is wrong for one column of numbers
            turned = replace(self, size=self.size[::-1])
            return turned.of_tensor(images.transpose(2, 3)).transpose(2, 3)
        return functional.interpolate(
            images, self.size, mode=self.interpolation, antialias=self.antialias
        )

    def host(self, images: Array, positions: Positions) -> Array:
        """Scale a batch on the host."""
        return self.of_array(images)

    def device(self, images: torch.Tensor, positions: Positions) -> torch.Tensor:
        """Scale a batch on its device."""
        return self.of_tensor(images)


def nearest(side: int, new: int) -> Positions:
    """Return for each of the new pixels of an axis the one that it is taken from, (new,).

    Sums are made step by step, as Pillow makes them: where a new pixel's centre lies between two
    old ones, their rounding decides.
    """
    step = side / new
    steps = np.full(new, step)
    steps[0] = step * 0.5
    return np.minimum(np.cumsum(steps).astype(np.int64), side - 1)
