from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from protonet.transforms.random_resized_crop import RandomWindows
from protonet.transforms.resizing import Scaling
from tests.transforms.photos import as_picture, as_pixels, photos
from tests.transforms.running import built, refusals, run

STEP = {"type": "RandomResizedCrop", "size": [16, 24]}


def windows(ratio: tuple[float, float]) -> RandomWindows:
    return RandomWindows((1.0, 1.0), ratio, Scaling((8, 8), "bilinear", antialias=True), seed=3)


def test_each_window_is_cut_out_and_scaled_as_pillow_does() -> None:
    images, where = photos(6), np.arange(6)
    whole = built([STEP], (3, 40, 56), seed=4)
    scaled = whole.on_host[0].scaled
    assert scaled is not None
    box = scaled.draw(where)

    result = whole.host(images, where)

    for row, (image, made) in enumerate(zip(images, result, strict=True)):
        top, left, height, width = box(row, 40, 56)
        cut = as_picture(image).crop((left, top, left + width, top + height))
        cut = cut.resize((24, 16), Image.Resampling.BILINEAR)
        assert np.abs(made.astype(int) - as_pixels(cut)).max() <= 1


@pytest.mark.parametrize(
    ("sides", "ratio", "box"),
    [
        # 30 x 90 is 3 times as wide as high; at most 4/3 leaves 40 columns, (90 - 40) / 2 = 25
        ((30, 90), (3 / 4, 4 / 3), (0, 25, 30, 40)),
        # 90 x 30: at least 3/4 leaves 40 rows
        ((90, 30), (3 / 4, 4 / 3), (25, 0, 40, 30)),
        # all of the area at a ratio of 1 fits a square only
        ((30, 30), (1.0, 1.0), (0, 0, 30, 30)),
    ],
)
def test_where_none_fits_the_largest_in_the_middle_is_taken(
    sides: tuple[int, int], ratio: tuple[float, float], box: tuple[int, ...]
) -> None:
    found = windows(ratio).draw(np.arange(4))

    assert [found(row, *sides) for row in range(4)] == [box] * 4


def test_image_and_label_image_are_cut_alike() -> None:
    """A mask of the pixels' own numbers shows where each was: in the window of the image."""
    ramp = np.arange(40 * 56, dtype=np.int64).reshape(1, 1, 40, 56).repeat(8, 0)

    image = run([STEP], ramp.astype(np.float32), dtype="float32", seed=4)
    mask = run([STEP], ramp, dtype="int64", label_image=True, seed=4)

    rows, columns = np.divmod(mask.astype(int), 56)
    assert np.array_equal(mask, rows * 56 + columns)
    between = np.abs(image / 56 - rows) < 3.5  # neighbours within the window's scale
    assert between.all()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_device_does_the_same_without_rounding(layout: torch.memory_format) -> None:
    images, where = photos(5), np.arange(5)
    scaling = Scaling((16, 16), "bilinear", antialias=True)
    owner = RandomWindows((0.1, 1.0), (0.7, 1.4), scaling, seed=4)
    batch = torch.from_numpy(images).float().contiguous(memory_format=layout)

    difference = owner.device(batch, where).numpy() - owner.host(images, where)

    assert np.abs(difference).max() <= 1.01


def test_evaluation_scales_the_whole_image() -> None:
    trained = built(
        [{**STEP, "interpolation": "bicubic", "scale": [0.5, 1]}], (3, 40, 56), training=True
    )

    assert trained.describe() == [{"type": "Resize", "size": [16, 24], "interpolation": "bicubic"}]
    assert built([{**STEP, "scale": [0.5, 1]}], (3, 40, 56)).describe() == [
        {**STEP, "scale": [0.5, 1.0]}
    ]


def test_refuses_spans_that_cannot_be() -> None:
    assert refusals([{**STEP, "scale": [0, 1]}]) == [
        "0.scale: both numbers are above 0 and at most 1"
    ]
    assert refusals([{**STEP, "scale": [0.5, 1.5]}]) == [
        "0.scale: both numbers are above 0 and at most 1"
    ]
    assert refusals([{**STEP, "scale": [0.9, 0.5]}]) == [
        "0.scale: the least, 0.9, is above the most, 0.5"
    ]
    assert refusals([{**STEP, "ratio": [0, 1]}]) == ["0.ratio: both numbers must be above 0"]
    assert refusals([{**STEP, "ratio": 1}]) == [
        "0.ratio: two numbers are needed, [least, most] (for example [0.5, 2])"
    ]
    assert refusals([{**STEP, "ratio": [1, float("inf")]}]) == [
        "0.ratio: a number is infinite, or none"
    ]
