from __future__ import annotations

import numpy as np
import pytest

from protonet.errors import ShapeError
from tests.transforms.photos import photos
from tests.transforms.running import built, run

NAMES = ["AutoAugment", "RandAugment", "TrivialAugment"]


@pytest.mark.parametrize("name", NAMES)
def test_for_a_label_image_the_same_is_chosen_as_for_its_image(name: str) -> None:
    """How each is carried out on both is shown in test_operations.py."""
    positions = np.arange(40)
    chosen = []
    for known in ({"dtype": "uint8"}, {"dtype": "int64", "label_image": True}):
        host = built([{"type": name}], (3, 24, 24), seed=3, **known).on_host[0].host
        assert host is not None
        chosen.append(host.__self__.choose(positions))  # type: ignore[attr-defined]

    assert chosen[0] == chosen[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_label_image_takes_the_nearest_pixel(name: str) -> None:
    mask = (photos(40, 1) > 127).astype(np.int64) * 7
    step = {"type": name, "interpolation": "bilinear", "fill": 7}

    moved = run([step], mask, label_image=True, dtype="int64", seed=3)

    assert set(np.unique(moved)) == {0.0, 7.0}
    assert not np.array_equal(moved, mask)


@pytest.mark.parametrize("name", NAMES)
def test_blue_green_red_are_augmented_as_red_green_blue(name: str) -> None:
    images = photos(20)

    rgb = run([{"type": name}], images, channels="RGB", seed=3)
    bgr = run([{"type": name}], np.ascontiguousarray(images[:, ::-1]), channels="BGR", seed=3)

    assert np.array_equal(rgb, bgr[:, ::-1])


@pytest.mark.parametrize("name", NAMES)
def test_training_is_described_without_it(name: str) -> None:
    assert built([{"type": name}], (3, 8, 8), training=True).describe() == []
    assert built([{"type": name}], (3, 8, 8)).describe() == [{"type": name}]


@pytest.mark.parametrize("name", NAMES)
def test_refuses_images_without_colours_and_strange_fills(name: str) -> None:
    with pytest.raises(ShapeError, match=r"it takes images of 1 or 3 channels, .* have 2"):
        built([{"type": name}], (2, 8, 8))
    with pytest.raises(ShapeError, match=r"fill has 2 numbers, and the samples have 3 channels"):
        built([{"type": name, "fill": [1, 2]}], (3, 8, 8))
    with pytest.raises(ShapeError, match=r"works on bytes, 0 to 255, .* stored as float32"):
        built([{"type": name}], (3, 8, 8), dtype="float32")
