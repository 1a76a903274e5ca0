"""Places are read off the pixels: in a ramp, each pixel's value says where it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from protonet.errors import ShapeError
from protonet.transforms.crop import CentreWindow, RandomWindow
from protonet.transforms.record import Array
from tests.transforms.running import built, pixels, refusals, run, through


def ramp(count: int, height: int, width: int) -> Array:
    """Return images, (N, 1, H, W), whose pixels are numbered along the rows."""
    one = np.arange(height * width, dtype=np.int16).reshape(1, 1, height, width)
    return np.repeat(one, count, axis=0)


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [
        (4, slice(1, 5), slice(1, 5)),  # floor((6 - 4) / 2) = 1, floor((7 - 4) / 2) = 1
        ([3, 2], slice(1, 4), slice(2, 4)),  # floor(3 / 2) = 1, floor(5 / 2) = 2
        ([6, 7], slice(0, 6), slice(0, 7)),
        (1, slice(2, 3), slice(3, 4)),  # floor(5 / 2) = 2, floor(6 / 2) = 3
    ],
)
def test_the_centre_is_rounded_down(size: object, rows: slice, columns: slice) -> None:
    images = pixels(2, 3, 6, 7)

    result = run([{"type": "CenterCrop", "size": size}], images)

    assert np.array_equal(result, images[:, :, rows, columns])


def test_crop_is_random_in_training_and_the_centre_otherwise() -> None:
    images, step = ramp(50, 9, 9), [{"type": "Crop", "size": 5}]

    trained, tested = run(step, images, training=True), run(step, images)

    assert len(np.unique(trained[:, 0, 0, 0])) > 1
    assert np.array_equal(tested, images[:, :, 2:7, 2:7])


@pytest.mark.parametrize("training", [True, False])
def test_random_crop_is_random_in_every_phase(training: bool) -> None:
    result = run([{"type": "RandomCrop", "size": 5}], ramp(50, 9, 9), training=training)

    assert len(np.unique(result[:, 0, 0, 0])) > 1


def test_every_random_window_is_cut_out_of_its_own_image() -> None:
    images = pixels(40, 3, 8, 9)

    result = run([{"type": "RandomCrop", "size": [5, 4]}], images)

    for image, window in zip(images, result, strict=True):
        places = [
            (top, left)
            for top in range(8 - 5 + 1)
            for left in range(9 - 4 + 1)
            if np.array_equal(image[:, top : top + 5, left : left + 4], window)
        ]
        assert len(places) == 1


def test_all_places_are_about_equally_likely() -> None:
    """Pearson's chi-square over 4 x 4 places, seed 1701: 37.7 is exceeded once in a thousand."""
    result = run([{"type": "RandomCrop", "size": [4, 3]}], ramp(4800, 7, 6), seed=1701)

    places, counts = np.unique(result[:, 0, 0, 0], return_counts=True)

    assert places.tolist() == [6 * top + left for top in range(4) for left in range(4)]
    assert ((counts - 300.0) ** 2 / 300).sum() < 37.7  # 4800 / 16 = 300 expected at each


def test_neighbouring_positions_have_independent_places() -> None:
    """Chi-square over 16 pairs of places: where one image is cut, and where the next one is."""
    result = run([{"type": "RandomCrop", "size": [4, 6]}], ramp(9600, 7, 6), seed=1701)
    tops = (result[:, 0, 0, 0] / 6).astype(int)

    counts = np.bincount(4 * tops[0::2] + tops[1::2], minlength=16)

    assert ((counts - 300.0) ** 2 / 300).sum() < 37.7


def test_another_seed_is_another_choice() -> None:
    images, step = ramp(50, 9, 9), [{"type": "RandomCrop", "size": 5}]

    assert not np.array_equal(run(step, images, seed=1), run(step, images, seed=2))


def test_a_window_as_large_as_the_image_is_the_image() -> None:
    images = pixels(3, 2, 4, 5)

    assert np.array_equal(run([{"type": "RandomCrop", "size": [4, 5]}], images), images)


@pytest.mark.parametrize(
    "window", [CentreWindow(2, 1, 5, 6), RandomWindow(5, 6, 4, 4, seed=3)], ids=["centre", "random"]
)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_device_gives_what_the_host_gives(window: Any, layout: torch.memory_format) -> None:
    images, positions = pixels(20, 3, 8, 9), np.arange(100, 120)
    batch = torch.from_numpy(images).float().contiguous(memory_format=layout)

    hosted = window.host(images, positions)

    assert np.array_equal(window.device(batch, positions).numpy(), hosted)
    if isinstance(window, RandomWindow):  # what other devices than the CPU do
        assert np.array_equal(window.gathered(batch, positions).numpy(), hosted)


@pytest.mark.parametrize("kind", ["Crop", "CenterCrop", "RandomCrop"])
@pytest.mark.parametrize(
    ("size", "why"),
    [
        (
            9,
            "a window of 9 x 9 does not fit into images of 8 x 10: 8 - 9 = -1 rows left, "
            "10 - 9 = 1 columns left",
        ),
        (
            [8, 12],
            "a window of 8 x 12 does not fit into images of 8 x 10: 8 - 8 = 0 rows left, "
            "10 - 12 = -2 columns left",
        ),
    ],
)
def test_refuses_a_window_that_does_not_fit(kind: str, size: object, why: str) -> None:
    with pytest.raises(ShapeError) as caught:
        built([{"type": kind, "size": size}], (3, 8, 10))

    assert str(caught.value) == f"transform 1 ({kind}): {why}"
    assert caught.value.hint == "crop at most 8 x 10"


def test_refuses_samples_that_are_no_images() -> None:
    with pytest.raises(ShapeError) as caught:
        built([{"type": "Crop", "size": 2}], (4,))

    assert str(caught.value) == (
        "transform 1 (Crop): it takes images (C, H, W), and the samples have the shape (4)"
    )


@pytest.mark.parametrize("size", ["5", 5.0, True, None, [5], [1, 2, 3], {"height": 5}])
def test_refuses_what_is_no_size(size: object) -> None:
    assert refusals([{"type": "Crop", "size": size}]) == [
        "0.size: a whole number is needed, or [height, width] (for example 28 or [24, 32])"
    ]


def test_refuses_a_window_without_pixels() -> None:
    assert refusals([{"type": "Crop", "size": 0}]) == [
        "0.size: a window has at least 1 pixel on each side"
    ]
    assert refusals([{"type": "Crop", "size": [4, 0]}]) == [
        "0.size.1: Input should be greater than 0"
    ]


def test_evaluation_of_a_net_trained_on_random_windows_takes_the_centre() -> None:
    images = pixels(4, 3, 9, 8)
    trained = built([{"type": "RandomCrop", "size": 5}], (3, 9, 8), training=True)

    evaluated = built(trained.describe(), (3, 9, 8))

    assert trained.describe() == [{"type": "CenterCrop", "size": [5, 5]}]
    assert np.array_equal(through(evaluated, images), images[:, :, 2:7, 1:6])
