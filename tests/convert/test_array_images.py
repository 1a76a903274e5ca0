from __future__ import annotations

import numpy as np

from protonet.convert.array_images import ArrayImages, in_colours

RED_IN_BGR = np.array([[[0]], [[0]], [[255]]], np.uint8)  # (C, H, W)


def test_pixels_are_turned_to_rows() -> None:
    values = np.arange(12, dtype=np.uint8).reshape(1, 3, 2, 2)
    images = ArrayImages("a.npz", values)
    assert (len(images), images.channels, images.name(0)) == (1, "RGB", "a.npz, image 0")
    assert images.load(0).pixels.tolist() == [[[0, 4, 8], [1, 5, 9]], [[2, 6, 10], [3, 7, 11]]]
    assert images.content(0) == bytes(range(12))


def test_one_channel_stays_grey() -> None:
    images = ArrayImages("a", np.full((1, 1, 2, 2), 7, np.uint8))
    assert (images.channels, images.load(0).gray) == ("gray", True)
    assert images.load(0).pixels.shape == (2, 2, 1)


def test_luma_knows_the_order_of_the_channels() -> None:
    # Rec. 601: 0.299 · 255 = 76.2 of red, 0.114 · 255 = 29.1 of blue
    values = RED_IN_BGR[np.newaxis]
    assert ArrayImages("a", values, "BGR", gray=True).load(0).pixels.tolist() == [[[76]]]
    assert ArrayImages("a", values, "RGB", gray=True).load(0).pixels.tolist() == [[[29]]]
    assert ArrayImages("a", values, "BGR", gray=True).channels == "gray"


def test_colours_that_are_wanted_are_left_alone() -> None:
    pixels = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    assert in_colours(pixels, "BGR", gray=False).tolist() == pixels.tolist()
