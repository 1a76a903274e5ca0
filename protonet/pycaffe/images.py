"""Images as pycaffe has them: float32, (H, W, K), red, green, blue, from 0 to 1.

Resizing is bilinear between the centres of pixels, without smoothing when shrinking, as pycaffe's
was; the border continues outwards.
Source: Caffe, python/caffe/io.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from protonet.data.image import image_errors
from protonet.errors import UsageError
from protonet.pycaffe.memory import Array

_LUMA = (0.2125, 0.7154, 0.0721)
"""What red, green and blue count in a grey, as scikit-image has it."""
_DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I")
_INTERPOLATIONS = {0: "nearest-exact", 1: "bilinear", 3: "bicubic"}
_IMAGE_AXES = 3
_CROPS = 5


def load_image(filename: str | Path, color: bool = True) -> Array:
    """Return the image of a file.

    Args:
        filename: the file; transparency is left out, and an EXIF tag is not looked at.
        color: three channels; else one, the luma.

    Returns: (H, W, 3), or (H, W, 1), float32 from 0 to 1.
    Raises: DataError if it cannot be read.
    """
    with image_errors(str(filename)), Image.open(filename) as image:
        if image.mode in _DEEP:
            pixels = np.asarray(image, np.float32)[..., None] / 65535
        elif image.mode in ("1", "L", "LA"):
            pixels = np.asarray(image.convert("L"), np.float32)[..., None] / 255
        else:
            pixels = np.asarray(image.convert("RGBA"), np.float32)[..., :3] / 255
    if color:
        return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    if pixels.shape[2] == 1:
        return pixels
    return (pixels @ np.array(_LUMA, np.float32))[..., None]


def resize_image(im: Array, new_dims: Sequence[int] | Array, interp_order: int = 1) -> Array:
    """Return an image of another size.

    Args:
        im: (H', W', K).
        new_dims: (H, W).
        interp_order: 0 takes the nearest pixel, 1 is bilinear, 3 bicubic.

    Returns: (H, W, K), float32.
    Raises: UsageError for another order, or an array of other axes.
    """
    if interp_order not in _INTERPOLATIONS:
        raise UsageError(f"resize_image: interp_order is 0, 1 or 3, not {interp_order}")
    pixels = np.asarray(im, np.float32)
    if pixels.ndim != _IMAGE_AXES:
        raise UsageError(f"resize_image: an image is (H, W, K), not of shape {pixels.shape}")
    size = (int(new_dims[0]), int(new_dims[1]))
    moved = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]
    how = _INTERPOLATIONS[interp_order]
    aligned = {} if interp_order == 0 else {"align_corners": False}
    resized = functional.interpolate(moved, size, mode=how, **aligned)  # (1, K, H, W)
    return np.ascontiguousarray(resized[0].numpy().transpose(1, 2, 0))  # (H, W, K)


def oversample(images: Sequence[Array] | Array, crop_dims: Sequence[int] | Array) -> Array:
    """Return ten windows of every image: the corners, the centre, and each of them mirrored.

    Args:
        images: each (H, W, K), all of one shape.
        crop_dims: (H', W') of a window.

    Returns: (10 · images, H', W', K), float32.
    Raises: UsageError if a window does not fit.
    """
    height, width = int(crop_dims[0]), int(crop_dims[1])
    rows, columns = images[0].shape[:2]
    if height > rows or width > columns:
        raise UsageError(
            f"oversample: a window of {height} x {width} does not fit into images of "
            f"{rows} x {columns}"
        )
    corners = [(top, left) for top in (0, rows - height) for left in (0, columns - width)]
    starts = [*corners, ((rows - height) // 2, (columns - width) // 2)]
    shape = (2 * _CROPS * len(images), height, width, images[0].shape[-1])
    crops = np.empty(shape, np.float32)
    for number, image in enumerate(images):
        first = 2 * _CROPS * number
        for place, (top, left) in enumerate(starts):
            window = image[top : top + height, left : left + width]
            crops[first + place] = window
            crops[first + _CROPS + place] = window[:, ::-1]
    return crops
