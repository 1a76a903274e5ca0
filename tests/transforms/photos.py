"""Images that look like photos, for numbers that Pillow gives, too."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]


def photos(count: int, channels: int = 3, height: int = 40, width: int = 56) -> Pixels:
    """Return smooth coloured shapes with some noise, (N, C, H, W)."""
    generator = np.random.default_rng(7)
    rows = np.linspace(0, 1, height)[:, None]
    columns = np.linspace(0, 1, width)
    images = np.empty((count, channels, height, width), np.float64)
    for image in images.reshape(-1, height, width):
        a, b, c, d = generator.uniform(0.5, 4, 4)
        image[...] = (
            127 + 70 * np.sin(a * rows * 3 + b * columns) + 50 * np.cos(c * columns * 4 + d)
        )
    noise = generator.normal(0, 4, images.shape)
    return np.clip(images + noise, 0, 255).astype(np.uint8)


def as_picture(image: Pixels) -> Image.Image:
    """Return (1 or 3, H, W) as Pillow's image."""
    return Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0).copy())


def as_pixels(image: Image.Image) -> Pixels:
    """Return Pillow's image as (1 or 3, H, W)."""
    pixels = np.asarray(image)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
