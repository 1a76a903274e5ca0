from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from protonet.errors import ShapeError
from tests.transforms.photos import as_picture, as_pixels, photos
from tests.transforms.running import built, refusals, run


def test_images_have_the_size_asked_for() -> None:
    images = photos(3)

    result = run([{"type": "Resize", "size": [16, 24]}], images)

    for image, scaled in zip(images, result, strict=True):
        expected = as_pixels(as_picture(image).resize((24, 16), Image.Resampling.BILINEAR))
        assert np.abs(scaled - expected.astype(float)).max() <= 1


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (40, 56, (20, 28)),
        (56, 40, (28, 20)),
        (30, 50, (20, 33)),  # floor(20 * 50 / 30) = floor(33.3)
        (7, 7, (20, 20)),
    ],
)
def test_the_shorter_side_keeps_the_proportions(
    height: int, width: int, size: tuple[int, int]
) -> None:
    assert built([{"type": "Resize", "short": 20}], (3, height, width)).shape == (3, *size)


def test_a_label_image_takes_the_nearest_pixel() -> None:
    mask = (photos(2, 1) > 127).astype(np.int64) * 7

    result = run([{"type": "Resize", "size": 20}], mask, label_image=True, dtype="int64")

    assert set(np.unique(result)) == {0.0, 7.0}


def test_it_is_described_as_it_is() -> None:
    step = {"type": "Resize", "short": 20, "interpolation": "bicubic"}

    assert built([step], (3, 40, 56), training=True).describe() == [step]


def test_refuses_none_or_two_sizes() -> None:
    assert refusals([{"type": "Resize"}]) == ["0: a size is needed (give size or short)"]
    assert refusals([{"type": "Resize", "size": 3, "short": 3}]) == [
        "0: size and short exclude each other (give size or short)"
    ]


def test_refuses_an_unknown_interpolation() -> None:
    assert refusals([{"type": "Resize", "size": 3, "interpolation": "linear"}]) == [
        "0.interpolation: Input should be 'nearest', 'bilinear' or 'bicubic'"
    ]


def test_refuses_images_of_absurd_length() -> None:
    with pytest.raises(ShapeError) as caught:
        built([{"type": "Resize", "short": 1000}], (3, 2, 400))
    assert str(caught.value) == (
        "transform 1 (Resize): short 1000 makes images of 2 x 400 200,000 pixels long"
    )
    assert caught.value.hint == "at most 65,500 are taken"
