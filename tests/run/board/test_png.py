from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from protonet.run.board.png import (
    blank,
    class_names,
    fitted,
    picture_of,
    resized,
    text_width,
    write_text,
)


def test_a_picture_is_a_png_of_the_same_pixels() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    picture = picture_of(Image.fromarray(pixels))
    assert (picture.width, picture.height) == (4, 2)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(picture.png))), pixels)


def test_small_pixels_stay_square_and_a_large_picture_shrinks() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, 1] = 200
    large = np.asarray(resized(pixels, 10))  # 3 x 3: the longer side has 9
    assert large.shape == (6, 9, 3)
    assert (large[:3, 3:6] == 200).all()
    assert large.sum() == 200 * 9 * 3

    small = np.asarray(resized(np.full((20, 8, 3), 7, np.uint8), 10))
    assert small.shape == (10, 4, 3)
    assert (small == 7).all()


def test_text_is_written_where_it_is_asked_for() -> None:
    image = blank(60, 20)
    write_text(image, (20, 0), "seven", (0, 110, 0))
    inked = np.asarray(image).sum(axis=2) < 765
    columns = np.flatnonzero(inked.any(axis=0))
    assert columns.min() >= 20
    assert columns.max() <= 20 + text_width("seven")


def test_a_long_text_is_cut() -> None:
    assert fitted("seven", 100) == "seven"
    cut = fitted("a very long name of a class", 50)
    assert cut.endswith("…")
    assert cut[:-1] == "a very long name of a class"[: len(cut) - 1]
    assert text_width(cut) <= 50


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("cat", "dog"), ["cat", "dog"]),
        (("café", "naïf"), ["cafe", "naif"]),  # the font has no accents
        (("猫", "dog"), ["0", "dog"]),
        (("a\nb", "dog"), ["0", "dog"]),
        (("only one",), ["0", "1"]),
        (None, ["0", "1"]),
    ],
)
def test_classes_are_named_as_the_font_can_write_them(
    names: tuple[str, ...] | None, shown: list[str]
) -> None:
    assert class_names(names, 2) == shown
