from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from protonet.transforms.operations import COLOURS, GEOMETRY, Actor
from tests.transforms.photos import as_picture, as_pixels, photos

PLAIN = Actor("nearest", (0.0,), None, moves_only=False)


@pytest.mark.parametrize(
    ("name", "much", "matrix"),
    [
        ("ShearX", 0.3, (1, 0.3, 0, 0, 1, 0)),
        ("ShearY", -0.3, (1, 0, 0, -0.3, 1, 0)),
        ("TranslateX", 7.9, (1, 0, -7, 0, 1, 0)),
        ("TranslateY", -7.9, (1, 0, 0, 0, 1, 7)),
    ],
)
def test_what_moves_pixels_is_pillows(name: str, much: float, matrix: tuple[float, ...]) -> None:
    images = photos(1)

    (result,) = PLAIN.host(images, [[(name, much)]])

    moved = as_picture(images[0]).transform((56, 40), Image.Transform.AFFINE, matrix)
    assert np.array_equal(result, as_pixels(moved))


def test_a_shift_is_so_many_pixels_to_the_right_and_down() -> None:
    images = photos(1)

    (right,) = PLAIN.host(images, [[("TranslateX", 5.0)]])
    (down,) = PLAIN.host(images, [[("TranslateY", 5.0)]])

    assert np.array_equal(right[:, :, 5:], images[0, :, :, :-5])
    assert not right[:, :, :5].any()
    assert np.array_equal(down[:, 5:], images[0, :, :-5])


EXPECTED = {
    "Brightness": lambda image: ImageEnhance.Brightness(image).enhance(1.4),
    "Color": lambda image: ImageEnhance.Color(image).enhance(1.4),
    "Contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.4),
    "Sharpness": lambda image: ImageEnhance.Sharpness(image).enhance(1.4),
    "Posterize": lambda image: ImageOps.posterize(image, 2),
    "Solarize": lambda image: ImageOps.solarize(image, 1),
    "AutoContrast": ImageOps.autocontrast,
    "Equalize": ImageOps.equalize,
    "Invert": ImageOps.invert,
}


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("channels", [1, 3])
def test_what_changes_colours_is_pillows(name: str, channels: int) -> None:
    images = photos(1, channels)

    (result,) = PLAIN.host(images, [[(name, {"Posterize": 2.0, "Solarize": 1.0}.get(name, 0.4))]])

    assert np.array_equal(result, as_pixels(EXPECTED[name](as_picture(images[0]))))
    assert set(EXPECTED) == set(COLOURS)


def test_operations_follow_each_other_and_images_without_stay() -> None:
    images = photos(3)

    result = PLAIN.host(images, [[("Invert", 0.0), ("TranslateX", 5.0)], [], [("Identity", 0.0)]])

    assert np.array_equal(result[0, :, :, 5:], 255 - images[0, :, :, :-5])
    assert np.array_equal(result[1:], images[1:])


def test_label_images_take_part_in_moves_alone() -> None:
    masks = (photos(2, 1) > 127).astype(np.int64) * 300
    actor = Actor("nearest", (255.0,), None, moves_only=True)

    result = actor.host(masks, [[("Invert", 0.0), ("TranslateX", 5.0)], [("Equalize", 0.0)]])

    assert np.array_equal(result[0, :, :, 5:], masks[0, :, :, :-5])
    assert (result[0, :, :, :5] == 255).all()
    assert np.array_equal(result[1], masks[1])


@pytest.mark.parametrize("name", GEOMETRY)
def test_a_label_image_moves_as_its_image_does(name: str) -> None:
    images = photos(1)
    (image,) = PLAIN.host(images, [[(name, 0.2 if name.startswith("Shear") else 9.0)]])
    actor = Actor("nearest", (0.0,), None, moves_only=True)
    (label,) = actor.host(
        images[:, :1].astype(np.int64), [[(name, 0.2 if name.startswith("Shear") else 9.0)]]
    )

    assert np.array_equal(label, image[:1])
