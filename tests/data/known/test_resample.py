"""Bilinear resampling in whole numbers, beside sums by hand and PyTorch's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from protonet.data.known.resample import resample


def test_two_pixels_become_four_by_hand() -> None:
    # centres of the new pixels, in old pixels: -1/4, 1/4, 3/4, 5/4; so 0, 4, 12 and 16 of 16,
    # which are 0, 63.75, 191.25 and 255 of 255
    images = np.array([[[0, 16]]], np.uint8)
    assert resample(images, (1, 4), 16).tolist() == [[[0, 64, 191, 255]]]


def test_a_half_is_rounded_up() -> None:
    images = np.array([[[1, 2]]], np.uint8)  # the middle is 3/2
    assert resample(images, (1, 1), 255).tolist() == [[[2]]]


def test_the_same_size_and_range_change_nothing(seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (5, 6, 7), np.uint8)
    assert (resample(images, (6, 7), 255) == images).all()


@pytest.mark.parametrize("size", [(28, 28), (11, 5), (3, 20), (8, 8), (1, 1)])
def test_it_is_pytorchs_bilinear_interpolation(seed: int, size: tuple[int, int]) -> None:
    images = np.random.default_rng(seed).integers(0, 17, (50, 8, 8), np.uint8)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(images).double()[:, None], size, mode="bilinear", align_corners=False
    )[:, 0].numpy()
    found = resample(images, size, 16)
    assert found.dtype == np.uint8
    assert found.shape == (50, *size)
    assert np.abs(found - expected * 255 / 16).max() <= 0.5 + 1e-9  # rounded to the nearest
