from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from protonet.transforms.pictures import Interpolation
from protonet.transforms.record import Array
from protonet.transforms.resizing import Scaling, nearest
from tests.transforms.photos import as_picture, as_pixels, photos

SIZES = [(40, 56), (20, 28), (13, 61), (80, 112), (1, 1), (37, 5), (37, 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [1, 3])
def test_nearest_pixels_are_pillows(size: tuple[int, int], channels: int) -> None:
    images = photos(2, channels)

    result = Scaling(size, "nearest", antialias=True).of_array(images)

    for image, scaled in zip(images, result, strict=True):
        expected = as_picture(image).resize(size[::-1], Image.Resampling.NEAREST)
        assert np.array_equal(scaled, as_pixels(expected))


def test_ties_go_where_pillows_sums_send_them() -> None:
    """256 to 224 pixels has a centre between two old ones in every 7, and rounding decides."""
    ramp = np.arange(256, dtype=np.uint8)[None]
    expected = np.asarray(Image.fromarray(ramp).resize((224, 1), Image.Resampling.NEAREST))

    assert nearest(256, 224).tolist() == expected[0].tolist()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_bytes_are_scaled_as_pillow_scales_them(
    size: tuple[int, int], interpolation: Interpolation
) -> None:
    images = photos(2)

    result = Scaling(size, interpolation, antialias=True).of_array(images)

    assert result.dtype == np.uint8
    for image, scaled in zip(images, result, strict=True):
        filter_ = Image.Resampling[interpolation.upper()]
        expected = as_pixels(as_picture(image).resize(size[::-1], filter_)).astype(int)
        assert np.abs(scaled.astype(int) - expected).max() <= 1


def test_numbers_are_scaled_by_hand() -> None:
    """Two pixels from four: with antialias each is the mean of a triangle 2 pixels to either side,
    (3·0 + 3·8 + 1·16) / 7 and (1·8 + 3·16 + 3·24) / 7; without, the mean of two neighbours."""
    row = np.array([[[[0.0, 8.0, 16.0, 24.0]]]], np.float32)

    wide = Scaling((1, 2), "bilinear", antialias=True).of_array(row)
    narrow = Scaling((1, 2), "bilinear", antialias=False).of_array(row)

    assert wide.ravel().tolist() == pytest.approx([40 / 7, 128 / 7])
    assert narrow.ravel().tolist() == pytest.approx([4.0, 20.0])


@pytest.mark.parametrize("size", [(50, 1), (4, 1), (1, 1), (1, 2)])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_numbers_in_one_column_or_row_are_scaled_as_pillow_scales_them(
    size: tuple[int, int], interpolation: Interpolation
) -> None:
    images = photos(2).astype(np.float32)

    result = Scaling(size, interpolation, antialias=True).of_array(images)

    filter_ = Image.Resampling[interpolation.upper()]
    for plane, scaled in zip(images.reshape(-1, 40, 56), result.reshape(-1, *size), strict=True):
        expected = np.asarray(Image.fromarray(plane).resize(size[::-1], filter_))
        assert np.allclose(scaled, expected, atol=1e-2)


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.float64, np.int64])
def test_other_types_become_float32_unless_pixels_are_taken_as_they_are(dtype: type) -> None:
    images: Array = photos(1).astype(dtype) * 2

    assert Scaling((8, 8), "bilinear", antialias=True).of_array(images).dtype == np.float32
    taken = Scaling((20, 28), "nearest", antialias=True).of_array(images)
    assert taken.dtype == dtype
    assert np.array_equal(taken, images[:, :, 1::2, 1::2])  # centres: 1, 3, 5 …


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_host_and_device_differ_by_rounding_alone(interpolation: Interpolation) -> None:
    images, where = photos(3), np.arange(3)
    scaling = Scaling((23, 31), interpolation, antialias=True)

    hosted = scaling.host(images, where).astype(np.float32)
    device = scaling.device(torch.from_numpy(images).float(), where).clamp(0, 255)

    assert np.abs(device.numpy() - hosted).max() <= (0 if interpolation == "nearest" else 1.01)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("channels", [1, 3])
def test_one_image_whose_channels_lie_last_gets_the_bytes_of_a_batch(
    size: tuple[int, int], interpolation: Interpolation, channels: int
) -> None:
    images = photos(1, channels)
    scaling = Scaling(size, interpolation, antialias=False)

    pixels = scaling.of_pixels(np.ascontiguousarray(images[0].transpose(1, 2, 0)))

    assert pixels.shape == (*size, channels)
    assert np.array_equal(pixels.transpose(2, 0, 1), scaling.of_array(images)[0])
