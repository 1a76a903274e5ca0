from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from protonet.errors import ShapeError
from protonet.transforms.pictures import Interpolation
from tests.transforms.photos import as_picture, as_pixels, photos
from tests.transforms.running import built, refusals, run


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_is_turned_as_pillow_turns_it(interpolation: Interpolation, channels: int) -> None:
    images = photos(2, channels)
    step = {"type": "Rotate", "degrees": [33, 33], "interpolation": interpolation, "fill": 9}

    result = run([step], images)

    for image, turned in zip(images, result, strict=True):
        filter_ = Image.Resampling[interpolation.upper()]
        fill = (9, 9, 9) if channels == 3 else 9
        expected = as_picture(image).rotate(33, filter_, fillcolor=fill)
        assert np.array_equal(turned, as_pixels(expected))


def test_a_right_angle_is_exact() -> None:
    images = photos(2, 3, 40, 40)

    result = run([{"type": "Rotate", "degrees": [90, 90]}], images)

    assert np.array_equal(result, np.rot90(images, axes=(2, 3)))  # counterclockwise


def test_every_image_has_an_angle_of_its_own() -> None:
    images = photos(1).repeat(8, 0)

    result = run([{"type": "Rotate", "degrees": 20}], images, seed=3)

    assert len({image.tobytes() for image in result}) == 8


def test_a_fill_may_differ_by_channel() -> None:
    step = {"type": "Rotate", "degrees": [45, 45], "fill": [1, 2, 3]}

    assert run([step], photos(1))[0, :, 0, 0].tolist() == [1.0, 2.0, 3.0]


def test_a_label_image_is_turned_alike_and_keeps_its_numbers() -> None:
    images = photos(6)
    mask = (images[:, :1] > 127).astype(np.int64) * 7
    step = {"type": "Rotate", "degrees": 30, "fill": 0, "probability": 0.5}

    image = run([{**step, "interpolation": "nearest"}], images, seed=3)
    label = run(
        [{**step, "interpolation": "bicubic"}], mask, seed=3, label_image=True, dtype="int64"
    )

    assert set(np.unique(label)) == {0.0, 7.0}
    assert np.array_equal(label > 0, image[:, :1] > 127)
    assert 0 < sum(np.array_equal(one, other) for one, other in zip(image, images, strict=True)) < 6


def test_numbers_that_are_no_bytes_are_turned_too() -> None:
    images = photos(1).astype(np.float32) / 255 - 0.5

    result = run([{"type": "Rotate", "degrees": [180, 180]}], images, dtype="float32")

    assert np.array_equal(result, images[:, :, ::-1, ::-1])


def test_training_is_described_without_it_and_evaluation_with_it() -> None:
    step = {"type": "Rotate", "degrees": [-20.0, 20.0]}

    assert built([step], (3, 8, 8), training=True).describe() == []
    assert built([step], (3, 8, 8)).describe() == [step]


def test_refuses_angles_that_cannot_be() -> None:
    assert refusals([{"type": "Rotate", "degrees": -3}]) == [
        "0.degrees: an angle either way is at least 0 (or give [least, most])"
    ]
    assert refusals([{"type": "Rotate", "degrees": "3"}]) == [
        "0.degrees: two numbers are needed, [least, most] (for example [0.5, 2])"
    ]


def test_refuses_to_stand_behind_arithmetic() -> None:
    with pytest.raises(ShapeError) as caught:
        built(
            [
                {"type": "Scale", "factor": 2},
                {"type": "Mean", "value": 2},
                {"type": "Rotate", "degrees": 3},
            ],
            (3, 8, 8),
        )
    assert str(caught.value) == (
        "transform 3 (Rotate): it works on the values as they are stored, and Scale before it "
        "makes them float32"
    )
    assert caught.value.hint == "put it before Scale"
