from __future__ import annotations

import math

import numpy as np
import pytest

from protonet.transforms.areas import Areas, Draws
from tests.transforms.test_chances import distance

MANY = np.arange(20_000)


def test_area_and_ratio_are_those_asked_for() -> None:
    """Images so large that nothing is cut off, and rounding is small: the area is evenly spread
    over the span, the logarithm of the ratio likewise."""
    areas = Areas(10_000, 10_000, (0.02, 0.06), (0.5, 2.0), whole=True)

    drawn = areas.drawn(5, MANY)
    even = np.random.default_rng(1).random(len(MANY))

    assert drawn.found.all()
    share = drawn.height * drawn.width / 1e8
    assert distance((share - 0.02) / 0.04, even) < 0.0195
    ratio = np.log(drawn.width / drawn.height) / math.log(2)
    assert distance((ratio + 1) / 2, even) < 0.0195


def test_rectangles_lie_within_the_image_and_reach_every_edge() -> None:
    drawn = Areas(9, 7, (0.1, 1.0), (0.5, 2.0), whole=True).drawn(5, MANY)
    some = drawn.found

    assert (drawn.top[some].min(), drawn.left[some].min()) == (0, 0)
    assert (drawn.top + drawn.height)[some].max() == 9
    assert (drawn.left + drawn.width)[some].max() == 7
    assert drawn.width[some].max() == 7  # as wide as the image


def test_whole_sides_are_left_out_on_request() -> None:
    drawn = Areas(9, 7, (0.1, 1.0), (0.5, 2.0), whole=False).drawn(5, MANY)

    assert drawn.width[drawn.found].max() == 6
    assert drawn.height[drawn.found].max() == 8


def test_what_never_fits_is_not_found() -> None:
    """The whole area at a ratio of 4 is twice as wide as a square image."""
    assert not Areas(8, 8, (1.0, 1.0), (4.0, 4.0), whole=True).drawn(5, MANY[:100]).found.any()


@pytest.mark.parametrize("sides", [(9, 7), (480, 640), (3000, 4000), (8, 8)])
def test_images_of_any_size_get_the_rectangles_that_their_batch_would_get(
    sides: tuple[int, int],
) -> None:
    scale, ratio = (0.08, 1.0), (3 / 4, 4 / 3)
    drawn = Areas(*sides, scale, ratio, whole=True).drawn(5, MANY[:2000])
    draws = Draws.of(scale, ratio, 5, MANY[:2000])

    boxes = [draws.box(number, *sides) for number in range(2000)]

    assert [box is not None for box in boxes] == drawn.found.tolist()
    numbers = np.stack([drawn.top, drawn.left, drawn.height, drawn.width], 1).tolist()
    found = [(box, tuple(row)) for box, row in zip(boxes, numbers, strict=True) if box]
    assert all(box == row for box, row in found)
