from __future__ import annotations

import numpy as np

from tests.transforms.running import built, refusals, run
from tests.transforms.test_chances import distance


def test_noise_is_normal_and_of_the_deviation_asked_for() -> None:
    images = np.full((10, 3, 40, 40), 7, np.uint8)

    result = run([{"type": "GaussianNoise", "std": 2}], images) - 7

    expected = np.random.default_rng(1).normal(0, 2, result.size)
    assert distance(result.ravel(), expected) < 0.0126  # once in a thousand, at 48,000 each


def test_each_sample_has_noise_and_deviation_of_its_own() -> None:
    images = np.zeros((50, 1, 40, 40), np.uint8)

    result = run([{"type": "GaussianNoise", "std": [1, 9]}], images)
    stds = result.std(axis=(1, 2, 3))

    assert len({image.tobytes() for image in result}) == 50
    assert stds.min() < 2.2
    assert stds.max() > 7.8


def test_any_samples_get_noise_and_by_chance_none() -> None:
    rows = np.zeros((200, 5), np.float32)

    result = run([{"type": "GaussianNoise", "std": 1, "probability": 0.25}], rows, dtype="float32")

    assert 30 < result.any(axis=1).sum() < 70


def test_a_label_image_and_evaluation_stay() -> None:
    step = {"type": "GaussianNoise", "std": [2.0, 2.0]}
    mask = np.ones((3, 1, 4, 4), np.int64)

    assert np.array_equal(run([step], mask, label_image=True, dtype="int64"), mask)
    assert built([step], (1, 4, 4), training=True).describe() == []
    assert built([step], (1, 4, 4)).describe() == [step]


def test_refuses_a_negative_deviation() -> None:
    assert refusals([{"type": "GaussianNoise", "std": -1}]) == ["0.std: must be at least 0"]
    assert refusals([{"type": "GaussianNoise"}]) == ["0.std: Field required"]
