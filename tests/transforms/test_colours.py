"""By hand, from the definitions of Pillow's documents: sums in comments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from protonet.transforms import colours
from protonet.transforms.record import Array
from tests.transforms.photos import as_picture, as_pixels, photos

PIXELS = np.array([[[10, 200]], [[60, 100]], [[110, 0]]], np.uint8)
"""Two pixels, (3, 1, 2): (10, 60, 110) and (200, 100, 0)."""


def grey(red: int, green: int, blue: int) -> float:
    return 0.299 * red + 0.587 * green + 0.114 * blue


def changed(change: colours.Change, much: float, image: Array = PIXELS) -> Any:
    listed: Any = as_pixels(change(as_picture(image), much)).tolist()
    return listed


def test_brightness_multiplies() -> None:
    assert changed(colours.brightness, 1.5) == [[[15, 255]], [[90, 150]], [[165, 0]]]


def test_contrast_goes_away_from_the_mean_grey() -> None:
    # greys 50.75 → 51 and 118.5 → 118 or 119; their mean (51 + 118.5) / 2 ≈ 85
    result = np.array(changed(colours.contrast, 0.5))
    assert np.abs(result - (PIXELS + 85.0) / 2).max() <= 1


def test_saturation_goes_away_from_each_pixels_grey() -> None:
    greys = [grey(10, 60, 110), grey(200, 100, 0)]
    result = np.array(changed(colours.saturation, 0.0))
    assert np.abs(result - np.array(greys)).max() <= 0.51


def test_sharpness_leaves_an_even_image() -> None:
    even = np.full((3, 5, 5), 77, np.uint8)
    assert np.array_equal(changed(colours.sharpness, 3.0, even), even)


def test_sharpness_moves_away_from_the_smoothed_pixel() -> None:
    image = np.zeros((1, 3, 3), np.uint8)
    image[0, 1, 1] = 130
    # smoothed: 5 · 130 / 13 = 50 in the middle; the edge stays
    middle = as_pixels(colours.sharpness(as_picture(image), 0.0))
    assert middle[0].tolist() == [[0, 0, 0], [0, 50, 0], [0, 0, 0]]


def test_a_third_of_a_turn_makes_red_green_and_green_blue() -> None:
    red = np.array([[[255]], [[0]], [[0]]], np.uint8)
    green = changed(colours.hue, 1 / 3, red)
    assert green == [[[0]], [[255]], [[0]]]
    assert changed(colours.hue, 1 / 3, np.array(green, np.uint8)) == [[[0]], [[0]], [[255]]]


def test_grey_has_no_hue() -> None:
    assert changed(colours.hue, 0.3, photos(1, 1)[0]) == photos(1, 1)[0].tolist()
    assert changed(colours.hue, 0.0) == PIXELS.tolist()


def test_posterizing_keeps_the_highest_bits() -> None:
    assert changed(colours.posterize, 2) == [[[0, 192]], [[0, 64]], [[64, 0]]]


def test_solarizing_turns_what_is_not_below_the_threshold() -> None:
    assert changed(colours.solarize, 100) == [[[10, 55]], [[60, 155]], [[145, 0]]]


def test_autocontrast_stretches_each_channel() -> None:
    assert changed(colours.autocontrast, 0) == [[[0, 255]], [[0, 255]], [[255, 0]]]


def test_equalizing_makes_four_steps_of_four_values() -> None:
    """Pillow counts half a step before each value: 4 pixels, the last value left out, make steps of
    (4 − 1) // 255 = 0, with which nothing changes; 1,024 pixels make (1024 − 256) // 255 = 3, and
    values of (1 + 256 k) // 3 for k = 0, 1, 2, 3."""
    few = np.array([[[1, 2, 3, 4]]], np.uint8)
    many = np.repeat(few, 256, axis=1)

    assert changed(colours.equalize, 0, few) == few.tolist()
    assert sorted({*np.ravel(changed(colours.equalize, 0, many)).tolist()}) == [0, 85, 171, 255]


def test_inverting_gives_the_negative() -> None:
    assert changed(colours.invert, 0) == (255 - PIXELS.astype(int)).tolist()


@pytest.mark.parametrize("order", ["RGB", "BGR", None])
def test_channels_are_turned_to_red_green_blue_and_back(order: object) -> None:
    images = photos(2)

    def first_to_zero(rgb: Array) -> Array:
        result = rgb.copy()
        result[:, 0] = 0
        return result

    result = colours.in_rgb(images, order, first_to_zero)  # type: ignore[arg-type]

    red = 2 if order == "BGR" else 0
    assert not result[:, red].any()
    assert np.array_equal(np.delete(result, red, 1), np.delete(images, red, 1))
    assert result.flags.c_contiguous
