from __future__ import annotations

import numpy as np
import pytest
import torch

from protonet.errors import ShapeError
from protonet.transforms.mirror import Mirror
from protonet.transforms.record import Array
from tests.transforms.running import built, pixels, refusals, run


def turned(images: Array, result: Array) -> Array:
    """Return which images were turned, having made sure that each was, or was left as it is."""
    flipped: Array = (result == images[..., ::-1]).all(axis=(1, 2, 3))
    assert np.array_equal(flipped, ~(result == images).all(axis=(1, 2, 3)))
    return flipped


@pytest.mark.parametrize("training", [True, False])
def test_half_of_the_images_are_turned_in_every_phase(training: bool) -> None:
    """Of 10,000, at seed 1701: 5,000 ± 50 (one deviation); 3.3 deviations come once in 1,000."""
    images = np.broadcast_to(pixels(1, 1, 2, 3), (10_000, 1, 2, 3))

    result = run([{"type": "Mirror"}], images, training=training, seed=1701)

    assert abs(int(turned(images, result).sum()) - 5000) < 165


def test_the_probability_is_kept() -> None:
    """Of 10,000 a fifth: 2,000 ± 40 (one deviation)."""
    images = np.broadcast_to(pixels(1, 1, 2, 3), (10_000, 1, 2, 3))

    result = run([{"type": "Mirror", "probability": 0.2}], images, seed=1701)

    assert abs(int(turned(images, result).sum()) - 2000) < 132


@pytest.mark.parametrize(("probability", "all_of_them"), [(0, False), (1, True)])
def test_never_and_always(probability: int, all_of_them: bool) -> None:
    images = pixels(200, 3, 4, 5)

    result = run([{"type": "Mirror", "probability": probability}], images)

    assert np.array_equal(result, images[..., ::-1] if all_of_them else images)


def test_whether_an_image_is_turned_does_not_depend_on_where_it_is_cut() -> None:
    """Chi-square over 2 x 4 pairs of choices, seed 1701: 24.3 is exceeded once in a thousand."""
    images = np.broadcast_to(np.arange(5, dtype=np.int16), (8000, 1, 1, 5))

    result = run([{"type": "RandomCrop", "size": [1, 2]}, {"type": "Mirror"}], images, seed=1701)

    first, second = result[:, 0, 0, 0].astype(int), result[:, 0, 0, 1].astype(int)
    counts = np.bincount(4 * (first > second) + np.minimum(first, second), minlength=8)
    assert ((counts - 1000.0) ** 2 / 1000).sum() < 24.3


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_device_gives_what_the_host_gives(layout: torch.memory_format) -> None:
    images, positions = pixels(20, 3, 8, 9), np.arange(100, 120)
    mirror = Mirror(0.5, 3, 8, 9)
    batch = torch.from_numpy(images).float().contiguous(memory_format=layout)

    result = mirror.device(batch, positions)

    assert np.array_equal(result.numpy(), mirror.host(images, positions))


def test_evaluation_of_a_trained_net_turns_nothing() -> None:
    step = [{"type": "Mirror", "probability": 0.25}]

    assert built(step, (3, 4, 4), training=True).describe() == []
    assert built(step, (3, 4, 4)).describe() == [{"type": "Mirror", "probability": 0.25}]


def test_refuses_samples_that_are_no_images() -> None:
    with pytest.raises(ShapeError) as caught:
        built([{"type": "Mirror"}], (4, 4))

    assert str(caught.value) == (
        "transform 1 (Mirror): it takes images (C, H, W), and the samples have the shape (4, 4)"
    )


def test_refuses_what_is_no_probability() -> None:
    assert refusals([{"type": "Mirror", "probability": 1.5}]) == [
        "0.probability: Input should be less than or equal to 1"
    ]
