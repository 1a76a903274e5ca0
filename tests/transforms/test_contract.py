"""What every transform of the table keeps, whatever it does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from protonet.transforms import TRANSFORMS, plain, read_transform
from tests.transforms.photos import photos
from tests.transforms.running import built, through

CASES: dict[str, dict[str, Any]] = {
    "AutoAugment": {"policy": "svhn"},
    "CenterCrop": {"size": 9},
    "ColorJitter": {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1},
    "Crop": {"size": 9},
    "CutMix": {},
    "GaussianBlur": {"probability": 0.5},
    "GaussianNoise": {"std": 3, "probability": 0.5},
    "Mean": {"value": 3},
    "Mirror": {},
    "MixUp": {},
    "Normalize": {"mean": 3, "std": 2},
    "OneHot": {},
    "Pad": {"pad": 3, "mode": "reflect"},
    "RandAugment": {},
    "RandomCrop": {"size": 9},
    "RandomErasing": {"fill": "random"},
    "RandomResizedCrop": {"size": 9},
    "Resize": {"short": 9},
    "Rotate": {"degrees": 30, "interpolation": "bilinear"},
    "Scale": {"factor": 3},
    "ToBGR": {},
    "ToGray": {},
    "ToRGB": {},
    "TrivialAugment": {},
}
"""For each type, keys with which it chooses all that it can choose."""


ARITHMETIC = ("Mean", "Normalize", "Scale")
"""What changes a label image's numbers, since that was asked for."""
FOR_LABEL_IMAGES = [
    name
    for name, kind in TRANSFORMS.items()
    if not (kind.makes_shares or kind.channels or name in ARITHMETIC)
]


def test_every_transform_has_a_case() -> None:
    assert set(CASES) == set(TRANSFORMS)


def step(name: str) -> list[dict[str, Any]]:
    return [{"type": name, **CASES[name]}]


@pytest.mark.parametrize("name", CASES)
def test_a_sample_is_the_same_whatever_batch_it_is_in(name: str) -> None:
    """In any split and order, on any run that is resumed; what is mixed comes in pairs."""
    images, positions = photos(24, 3, 16, 20), np.arange(1000, 1024)
    known: dict[str, Any] = {"channels": "RGB", "seed": 5, "training": True}
    whole = through(built(step(name), (3, 16, 20), **known), images, positions)

    parts = [
        through(built(step(name), (3, 16, 20), **known), images[some], positions[some])
        for some in np.split(np.arange(24), [2, 10, 12])
    ]
    turned = through(
        built(step(name), (3, 16, 20), **known), images[::-1].copy(), positions[::-1].copy()
    )

    assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(turned, whole[::-1])


@pytest.mark.parametrize("name", [name for name, kind in TRANSFORMS.items() if kind.chooses])
def test_what_chooses_chooses_anew_for_each_position_and_seed(name: str) -> None:
    images = photos(2, 3, 16, 20).repeat(20, 0)[np.arange(40) % 2 * 20]  # two images in turn
    known: dict[str, Any] = {"channels": "RGB", "training": True}
    first = through(built(step(name), (3, 16, 20), seed=5, **known), images, np.arange(40))
    later = through(built(step(name), (3, 16, 20), seed=5, **known), images, np.arange(40, 80))
    other = through(built(step(name), (3, 16, 20), seed=6, **known), images, np.arange(40))

    assert not np.array_equal(first, later)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", CASES)
def test_it_is_written_out_and_read_again(name: str) -> None:
    read = read_transform(step(name))

    assert read_transform(plain(read)) == read


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("training", [True, False])
def test_its_description_can_be_built_and_describes_itself(name: str, training: bool) -> None:
    """What is stored with weights is read by a later program."""
    described = built(step(name), (3, 16, 20), channels="RGB", training=training).describe()

    again = built(described, (3, 16, 20), channels="RGB")

    assert again.describe() == described
    if training:  # evaluation chooses nothing
        assert [one for one in described if TRANSFORMS[one["type"]].chooses] == []


@pytest.mark.parametrize("name", CASES)
def test_an_empty_batch_passes(name: str) -> None:
    none = np.zeros((0, 3, 16, 20), np.uint8)
    pipeline = built(step(name), (3, 16, 20), channels="RGB", training=True)

    given = pipeline.device(torch.from_numpy(pipeline.host(none, np.arange(0))), np.arange(0))

    assert given.shape == (0, *pipeline.shape)


@pytest.mark.parametrize("name", FOR_LABEL_IMAGES)
def test_a_label_image_keeps_to_its_numbers(name: str) -> None:
    mask = (photos(20, 1, 16, 20) > 127).astype(np.int64) * 7

    result = through(
        built(step(name), (1, 16, 20), dtype="int64", label_image=True, training=True), mask
    )

    assert set(np.unique(result)) == {0.0, 7.0}
