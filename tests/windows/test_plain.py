"""Windows beside slices that are written by hand, and beside the transforms that take them."""

from __future__ import annotations

import numpy as np
import pytest

from protonet.transforms.record import Array
from protonet.windows.plain import LARGE, InARow, Windows
from tests.transforms.running import built, pixels


def windows(
    places: list[tuple[int, int, bool]], height: int, width: int, *, channels_reversed: bool = False
) -> Windows:
    """Return windows at (top, left), turned or not."""
    tops, lefts, mirrored = (np.array(each) for each in zip(*places, strict=True))
    return Windows(tops, lefts, height, width, mirrored, channels_reversed)


PLACES = [(0, 0, False), (1, 3, True), (2, 1, True), (2, 4, False)]


def by_slices(images: Array, height: int, width: int, *, channels_reversed: bool) -> Array:
    cut = [
        image[:, top : top + height, left : left + width][:, :, :: -1 if turned else 1]
        for image, (top, left, turned) in zip(images, PLACES, strict=True)
    ]
    return np.stack(cut)[:, :: -1 if channels_reversed else 1]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "bool"])
@pytest.mark.parametrize("width", [1, 7, 8, 9, 23, 24])
@pytest.mark.parametrize("channels_reversed", [False, True])
@pytest.mark.parametrize("side", [28, 200])  # 2,352 bytes of uint8, and 16,800: both ways to copy
def test_a_window_is_the_slice_of_its_image(
    dtype: str, width: int, channels_reversed: bool, side: int
) -> None:
    images = pixels(4, 3, 28, side).astype(dtype)
    out = np.empty((4, 3, 5, width), dtype)
    taken = windows(PLACES, 5, width, channels_reversed=channels_reversed)

    wanted = by_slices(images, 5, width, channels_reversed=channels_reversed)

    taken.cut_all(images, out)
    assert np.array_equal(out, wanted)
    out[...] = 0
    taken.cut(iter(images), out)
    assert np.array_equal(out, wanted)


def test_images_that_lie_at_odd_bytes_are_cut_too() -> None:
    memory = pixels(1 + 4 * 3 * 28 * 28)
    images = memory[1:].reshape(4, 3, 28, 28)
    out = np.empty((4, 3, 5, 24), np.uint8)

    windows(PLACES, 5, 24).cut(images, out)

    assert np.array_equal(out, by_slices(images, 5, 24, channels_reversed=False))


def test_no_images_have_no_windows() -> None:
    out = np.empty((0, 3, 2, 2), np.uint8)
    Windows.whole(0, 2, 2).cut_all(np.empty((0, 3, 4, 4), np.uint8), out)


@pytest.mark.parametrize("outer_turned", [False, True])
@pytest.mark.parametrize("inner_turned", [False, True])
def test_a_window_of_a_window_is_one(outer_turned: bool, inner_turned: bool) -> None:
    """Cutting twice gives the pixels that the joined window gives at once."""
    images = pixels(1, 3, 12, 15)
    outer = windows([(2, 3, outer_turned)], 8, 9, channels_reversed=True)
    inner = windows([(1, 4, inner_turned)], 5, 3, channels_reversed=outer_turned)
    first, second = np.empty((1, 3, 8, 9), np.uint8), np.empty((1, 3, 5, 3), np.uint8)
    outer.cut(images, first)
    inner.cut(first, second)

    joined = np.empty_like(second)
    outer.then(inner).cut(images, joined)

    assert np.array_equal(joined, second)


STEPS = [
    [{"type": "RandomCrop", "size": [9, 10]}],
    [{"type": "CenterCrop", "size": 9}],
    [{"type": "Mirror"}],
    [
        {"type": "RandomCrop", "size": 12},
        {"type": "Mirror"},
        {"type": "RandomCrop", "size": [7, 9]},
    ],
    {"crop_size": 9, "mirror": True, "mean_value": 3},
]


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("channels_reversed", [False, True])
@pytest.mark.parametrize("size", [(16, 18), (50, 60)])
def test_a_pipeline_cuts_as_its_transforms_do(
    steps: object, channels_reversed: bool, size: tuple[int, int]
) -> None:
    """The images of 50 x 60 x 3 = 9,000 bytes are copied one by one, the others together."""
    images, positions = pixels(30, 3, *size), np.arange(70, 100)
    pipeline = built(steps, images.shape[1:], training=True, seed=5)
    cutting = pipeline.cutting(channels_reversed=channels_reversed)
    assert cutting is not None
    assert cutting.windows is not None
    assert not cutting.works_on_host
    assert cutting.on_device == pipeline.on_device
    stored = images[:, ::-1] if channels_reversed else images

    taken = cutting.windows(positions)
    out = np.empty((30, 3, taken.height, taken.width), np.uint8)
    taken.cut_all(images, out)

    assert np.array_equal(out, pipeline.host(np.ascontiguousarray(stored), positions))


def test_only_what_comes_first_is_cut_while_reading() -> None:
    pipeline = built(
        [{"type": "Mirror"}, {"type": "Pad", "pad": 2}, {"type": "RandomCrop", "size": 8}],
        (3, 8, 8),
    )

    cutting = pipeline.cutting(channels_reversed=False)

    assert cutting is not None
    assert len(cutting.on_host) == 2
    assert isinstance(cutting.windows, InARow)
    assert len(cutting.windows.functions) == 1
    assert (
        built([{"type": "Pad", "pad": 2}, {"type": "Mirror"}], (3, 8, 8)).cutting(
            channels_reversed=False
        )
        is None
    )
    assert built({"mean_value": 3}, (3, 8, 8)).cutting(channels_reversed=False) is None


def test_another_order_of_channels_alone_is_a_window_too() -> None:
    images = pixels(4, 3, 8, 8)
    cutting = built({"mean_value": 3}, (3, 8, 8)).cutting(channels_reversed=True)
    assert cutting is not None
    assert cutting.windows is not None
    out = np.empty_like(images)

    cutting.windows(np.arange(4)).cut_all(images, out)

    assert np.array_equal(out, images[:, ::-1])
    assert built({"mean_value": 3}, (8,)).cutting(channels_reversed=True) is None


def test_large_is_between_the_sizes_that_the_tests_above_take() -> None:
    assert 3 * 28 * 28 < LARGE < 3 * 28 * 200
    assert 3 * 16 * 18 < LARGE < 3 * 50 * 60
