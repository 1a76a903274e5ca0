from __future__ import annotations

import numpy as np
import pytest

from protonet.errors import ShapeError
from protonet.transforms.gaussian_blur import Blur
from tests.transforms.photos import photos
from tests.transforms.running import built, floats, refusals, run

ONE = {"type": "GaussianBlur", "sigma": 1, "kernel_size": 3}


def test_three_pixels_run_into_one_by_hand() -> None:
    """exp(-1/2) = 0.6065 to either side of 1: of 2.2131, 0.2741, 0.4519 and 0.2741."""
    image = np.zeros((1, 1, 3, 3), np.float32)
    image[0, 0, 1, 1] = 1

    result = run([ONE], image, dtype="float32")[0, 0]

    line = np.array([0.27406862, 0.45186276, 0.27406862])
    # beyond the edge the middle row comes again: mirrored, at the edge twice 0.2741
    edge = np.array([2 * 0.27406862, 0.45186276, 2 * 0.27406862])
    assert result[1, 1] == pytest.approx(line[1] ** 2)
    assert result[0, 1] == pytest.approx(edge[0] * line[1])
    assert result[0, 0] == pytest.approx(edge[0] ** 2)


def test_bytes_are_rounded() -> None:
    image = np.zeros((1, 1, 5, 5), np.uint8)
    image[0, 0, 2, 2] = 100

    # 100 · 0.4519² = 20.4, 100 · 0.4519 · 0.2741 = 12.4, 100 · 0.2741² = 7.5
    assert run([ONE], image)[0, 0, 1:4, 1:4].tolist() == [[8, 12, 8], [12, 20, 12], [8, 12, 8]]


def test_each_image_has_a_sigma_of_its_own() -> None:
    blur = Blur((0.5, 2.0), 6, 1.0, seed=3)

    weights = blur.weights(np.arange(300))

    assert weights.shape == (300, 13)
    assert weights.sum(axis=1) == pytest.approx(np.ones(300), abs=1e-5)
    # the middle weight is about 1 / (sigma sqrt(2 pi)): 0.798 (0.787 with the tails' sum) and 0.199
    assert 0.75 < weights[:, 6].max() <= 0.79
    assert 0.199 <= weights[:, 6].min() < 0.21


def test_weights_that_change_nothing_are_none() -> None:
    """A sigma of 0.2 gives exp(-12.5), exp(-50) = 2e-22 and less to either side."""
    (weights,) = Blur((0.2, 0.2), 3, 1.0, seed=3).weights(np.arange(1))

    assert weights == pytest.approx([0, 0, np.exp(-12.5), 1, np.exp(-12.5), 0, 0], rel=1e-4)
    assert (weights[:2] == 0).all()


def test_an_image_is_blurred_alike_in_a_batch_of_any_size() -> None:
    images, where = photos(40, height=20, width=24), np.arange(40)
    pipeline = built([{"type": "GaussianBlur"}], (3, 20, 24), seed=4)

    together = pipeline.host(images, where)

    for start, stop in ((0, 1), (5, 23), (39, 40)):
        alone = pipeline.host(images[start:stop], where[start:stop])
        assert np.array_equal(alone, together[start:stop])


def test_without_a_kernel_it_reaches_three_sigmas() -> None:
    host = built([{"type": "GaussianBlur", "sigma": [0.1, 1.5]}], (1, 20, 20)).on_host[0].host
    assert host is not None
    assert host.__self__.radius == 5  # type: ignore[attr-defined]  # ceil(3 · 1.5)


def test_some_images_stay_by_chance() -> None:
    images = photos(1).repeat(40, 0)

    result = run([{"type": "GaussianBlur", "sigma": 2, "probability": 0.5}], images)

    same = [np.array_equal(image, images[0]) for image in result]
    assert 8 < sum(same) < 32


def test_behind_arithmetic_nothing_is_rounded() -> None:
    image = floats([[[[0, 1, 0]] * 3]])

    result = run([{"type": "Scale", "factor": 1}, ONE], image)

    assert result[0, 0, 1].tolist() == pytest.approx([0.5481372, 0.4518628, 0.5481372])


def test_a_label_image_stays() -> None:
    mask = photos(2, 1)

    assert np.array_equal(run([ONE], mask, label_image=True), mask)


def test_refuses_kernels_that_cannot_be() -> None:
    assert refusals([{"type": "GaussianBlur", "kernel_size": 4}]) == [
        "0.kernel_size: a kernel has a pixel in its middle (give an odd number)"
    ]
    assert refusals([{"type": "GaussianBlur", "sigma": 0}]) == ["0.sigma: must be above 0"]
    with pytest.raises(ShapeError) as caught:
        built([{"type": "GaussianBlur"}], (3, 8, 6))
    assert str(caught.value) == (
        "transform 1 (GaussianBlur): a kernel of 13 pixels reaches 6 beyond the edge, and images "
        "of 8 x 6 can be mirrored by 5"
    )
    assert caught.value.hint == "give kernel_size: 11 or less"
