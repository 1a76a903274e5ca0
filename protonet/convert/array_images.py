"""Images that lie in an array as pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from protonet.data.image import Decoded, Pixels
from protonet.data.layout import Array
from protonet.records import ChannelOrder


@dataclass(frozen=True)
class ArrayImages:
    """The images of an array.

    Args:
        where: what they lie in, for messages.
        values: (N, C, H, W), uint8, C = 1 or 3; it may be a view of a mapped file.
        order: of three channels; what it is called of one does not matter.
        gray: turn colour into luma.
    """

    where: str
    values: Array
    order: ChannelOrder = "RGB"
    gray: bool = False

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.values)

    @property
    def channels(self) -> ChannelOrder:
        """What the channels are: what has one stays grey."""
        return "gray" if self.gray or self.values.shape[1] == 1 else self.order

    def name(self, index: int) -> str:
        """Return what holds the image, and its number, from 0."""
        return f"{self.where}, image {index}"

    def content(self, index: int) -> bytes:
        """Return the bytes of one image."""
        return bytes(self.values[index].tobytes())

    def load(self, index: int) -> Decoded:
        """Return one image, (H, W, C)."""
        pixels = np.asarray(self.values[index]).transpose(1, 2, 0)
        return Decoded(in_colours(pixels, self.order, gray=self.gray), pixels.shape[2] == 1)


def in_colours(pixels: Pixels, order: ChannelOrder, *, gray: bool) -> Pixels:
    """Return pixels (H, W, C) as they are, or as luma (H, W, 1)."""
    if not gray or pixels.shape[2] == 1:
        return np.ascontiguousarray(pixels)
    if order == "BGR":
        pixels = pixels[..., ::-1]
    luma = Image.fromarray(np.ascontiguousarray(pixels)).convert("L")
    return np.asarray(luma)[..., np.newaxis]
