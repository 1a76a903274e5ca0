"""Images scaled, one channel after the other, with as few copies as Pillow needs.

Pillow holds a pixel in four bytes. What `protonet.data.image.decode` makes `spaced` lies so
already, and is scaled where it is.
"""

from __future__ import annotations

import numpy as np
import PIL
from PIL import Image

from protonet.data.image import Pixels, fit

_ADOPTS = int(PIL.__version__.partition(".")[0]) >= 13
"""Whether four bytes a pixel can be taken for RGB, which is scaled in less time than RGBX; before
13.0 Pillow crashes (its issue 9896)."""


def fit_planes(pixels: Pixels, out: Pixels) -> None:
    """Scale pixels (H', W', C) to fill `out`, (C, H, W), a channel after the other."""
    size = out.shape[2], out.shape[1]
    if size == (pixels.shape[1], pixels.shape[0]) or pixels.shape[2] != 3:
        out[:] = fit(pixels, size).transpose(2, 0, 1)
        return
    image = _image(pixels).resize(size, Image.Resampling.BILINEAR)
    for plane, name in zip(out, "RGB", strict=True):  # faster than NumPy takes them apart
        plane[:] = np.frombuffer(image.tobytes("raw", name), np.uint8).reshape(plane.shape)


def _image(pixels: Pixels) -> Image.Image:
    """Return pixels (H, W, 3) as Pillow's, RGB or RGBX; without a copy where they are spaced."""
    whole = _spaced(pixels)
    if whole is None:
        return Image.fromarray(pixels)
    image = Image.frombuffer("RGBX", (whole.shape[1], whole.shape[0]), whole, "raw", "RGBX", 0, 1)
    return Image.fromarrow(image, "RGB", image.size) if _ADOPTS else image


def _spaced(pixels: Pixels) -> Pixels | None:
    """Return what pixels (H, W, 3) are the first three bytes of, (H, W, 4); None if of nothing."""
    whole = pixels.base
    if (
        isinstance(whole, np.ndarray)
        and whole.shape == (*pixels.shape[:2], 4)
        and whole.flags.c_contiguous
        and pixels.strides == whole.strides
        and pixels.__array_interface__["data"] == whole.__array_interface__["data"]
    ):
        return whole
    return None
