from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from protonet.errors import ShapeError
from tests.transforms.photos import Pixels, as_picture, as_pixels, photos
from tests.transforms.running import built, refusals, run

ENHANCED = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "saturation": ImageEnhance.Color,
}


@pytest.mark.parametrize("name", ENHANCED)
@pytest.mark.parametrize("factor", [0.0, 0.6, 1.7])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_factor_changes_as_pillow_does(name: str, factor: float, channels: int) -> None:
    images = photos(2, channels)

    result = run([{"type": "ColorJitter", name: [factor, factor]}], images)

    for image, changed in zip(images, result, strict=True):
        expected = as_pixels(ENHANCED[name](as_picture(image)).enhance(factor))
        assert np.array_equal(changed, expected)


def turned(image: Pixels, step: int) -> Pixels:
    hue, saturation, value = as_picture(image).convert("HSV").split()
    moved = Image.fromarray(((np.asarray(hue).astype(int) + step) % 256).astype(np.uint8))
    return as_pixels(Image.merge("HSV", (moved, saturation, value)).convert("RGB"))


def test_a_turn_moves_pillows_hue() -> None:
    images = photos(2)

    result = run([{"type": "ColorJitter", "hue": [0.1, 0.1]}], images)

    for image, changed in zip(images, result, strict=True):
        assert np.array_equal(changed, turned(image, 26))  # round(0.1 * 255) = round(25.5) = 26


def test_a_number_goes_so_far_either_way() -> None:
    """Brightness of an even image shows the factor: 100 times 0.6 to 1.4."""
    images = np.full((400, 1, 1, 1), 100, np.uint8)

    result = run([{"type": "ColorJitter", "brightness": 0.4}], images, seed=1)

    assert 60 <= result.min() < 63
    assert 137 < result.max() <= 140


def test_so_many_images_are_changed_as_the_chance_says() -> None:
    images = np.full((400, 1, 1, 1), 100, np.uint8)

    result = run([{"type": "ColorJitter", "brightness": [2, 2], "probability": 0.3}], images)

    assert set(np.unique(result)) == {100.0, 200.0}
    assert 90 < (result == 200).sum() < 150  # 120 expected


def test_both_orders_of_two_changes_come_about() -> None:
    """Brighter and then grey, or grey and then brighter: 255 is cut off first or last."""
    image = np.array([200, 100, 0], np.uint8).reshape(1, 3, 1, 1).repeat(40, 0)
    step = {"type": "ColorJitter", "brightness": [2, 2], "saturation": [0, 0]}

    result = run([step], image)[:, 0, 0, 0]

    # (255, 200, 0): 0.299 · 255 + 0.587 · 200 = 193.6; (200, 100, 0): 118.5, twice is 237
    assert len(set(result.tolist())) == 2
    assert min(result) == pytest.approx(194, abs=1)
    assert max(result) == pytest.approx(237, abs=1)


def test_blue_green_red_are_seen_as_such() -> None:
    step = [{"type": "ColorJitter", "saturation": [0, 0]}]
    images = photos(2)

    rgb = run(step, images, channels="RGB")
    bgr = run(step, np.ascontiguousarray(images[:, ::-1]), channels="BGR")

    assert np.array_equal(rgb, bgr)


def test_a_label_image_stays() -> None:
    mask = photos(3, 1)

    result = run([{"type": "ColorJitter", "brightness": 0.5}], mask, label_image=True)

    assert np.array_equal(result, mask)


def test_training_is_described_without_it() -> None:
    step = {"type": "ColorJitter", "brightness": [0.6, 1.4]}

    assert built([step], (3, 8, 8), training=True).describe() == []
    assert built([step], (3, 8, 8)).describe() == [step]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"brightness": -0.1}, "0.brightness: how much more or less is at least 0"),
        ({"contrast": [-1, 1]}, "0.contrast: a factor is at least 0"),
        ({"hue": 0.6}, "0.hue: a turn either way is from 0 to 0.5 (or give [least, most])"),
        ({"hue": [-0.6, 0]}, "0.hue: a turn is from -0.5 to 0.5"),
        ({"hue": [0, 0.6]}, "0.hue: a turn is from -0.5 to 0.5"),
        (
            {"saturation": "much"},
            "0.saturation: two numbers are needed, [least, most] (for example [0.5, 2])",
        ),
    ],
)
def test_refuses_changes_that_cannot_be(keys: dict[str, object], told: str) -> None:
    assert refusals([{"type": "ColorJitter", **keys}]) == [told]


@pytest.mark.parametrize(
    ("steps", "known", "why", "hint"),
    [
        (
            ["ColorJitter"],
            {"dtype": "float32"},
            "transform 1 (ColorJitter): it works on bytes, 0 to 255, and the samples are stored as "
            "float32",
            "leave it out, or convert the images again",
        ),
        (
            ["MixUp", "ColorJitter"],
            {"training": True},
            "transform 2 (ColorJitter): it works on the values as they are stored, and MixUp "
            "before it makes them float32",
            "put it before MixUp",
        ),
    ],
)
def test_refuses_what_are_no_bytes(
    steps: list[str], known: dict[str, object], why: str, hint: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        built([{"type": name} for name in steps], (3, 8, 8), **known)
    assert (str(caught.value), caught.value.hint) == (why, hint)
