"""Bytes scaled by torch's kernel for bytes: the one rule for images that are stored and for those
that transforms scale."""

from __future__ import annotations

from typing import Literal

import numpy as np

from protonet.windows.plain import Array


def resampled(
    pixels: Array,
    size: tuple[int, int],
    interpolation: Literal["bilinear", "bicubic"] = "bilinear",
    *,
    antialias: bool = True,
) -> Array:
    """Scale one image of bytes.

    With `antialias` the filters are Pillow's, whose weights widen where an image becomes smaller;
    torch rounds the weights to 16 bits, so that bytes differ from Pillow's by 1 at most. They are
    the same on every processor.

    Args:
        pixels: (H, W, C), uint8.
        size: height and width afterwards.
        interpolation: what becomes of pixels between pixels.
        antialias: let all pixels count where the image becomes smaller.

    Returns: (*size, C), uint8; the pixels themselves where they have the size.
    """
    if pixels.shape[:2] == size:
        return pixels
    import torch

    lying = torch.from_numpy(np.require(pixels, requirements=("C", "W")))
    images = lying.view(1, *pixels.shape).permute(0, 3, 1, 2)
    scaled = torch.nn.functional.interpolate(images, size, mode=interpolation, antialias=antialias)
    return np.asarray(scaled.numpy()[0].transpose(1, 2, 0))
