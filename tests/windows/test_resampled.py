"""Bytes are scaled as Pillow scales them, but for the last bit."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from protonet.windows.plain import Array
from protonet.windows.resampled import resampled

RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def noise(*shape: int) -> Array:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def by_pillow(pixels: Array, size: tuple[int, int], name: str = "bilinear") -> Array:
    planes = [Image.fromarray(plane.copy()) for plane in pixels.transpose(2, 0, 1)]
    return np.dstack([np.asarray(one.resize(size[::-1], RESAMPLING[name])) for one in planes])


@pytest.mark.parametrize("channels", [1, 3, 5])
@pytest.mark.parametrize("size", [(20, 11), (90, 70), (5, 90), (90, 1), (1, 1), (37, 11)])
def test_bytes_are_pillows_but_for_one(size: tuple[int, int], channels: int) -> None:
    pixels = noise(37, 53, channels)
    found = resampled(pixels, size)
    assert found.shape == (*size, channels)
    assert found.dtype == np.uint8
    apart = np.abs(found.astype(int) - by_pillow(pixels, size).astype(int))
    assert apart.max() <= 1


def test_other_filters_are_known() -> None:
    pixels = noise(37, 53, 3)
    found = resampled(pixels, (20, 11), "bicubic")
    apart = np.abs(found.astype(int) - by_pillow(pixels, (20, 11), "bicubic").astype(int))
    assert apart.max() <= 1
    # without antialias only the two nearest count: middles of new pixels lie at 1.5 and 5.5 of 8
    row = np.array([[[0], [10], [20], [90], [0], [30], [50], [90]]], np.uint8)
    assert resampled(row, (1, 2), antialias=False)[0, :, 0].tolist() == [15, 40]


def test_what_has_the_size_is_given_back() -> None:
    pixels = noise(4, 5, 3)
    assert resampled(pixels, (4, 5)) is pixels


@pytest.mark.parametrize(
    "pixels",
    [
        noise(6, 5, 4)[..., 1:],
        noise(6, 5, 3)[::-1],
        noise(6, 10, 3)[:, ::2],
        noise(6, 5, 3)[..., ::-1],
    ],
    ids=["three of four bytes", "upside down", "every other", "BGR"],
)
def test_pixels_may_lie_in_any_way(pixels: Array) -> None:
    assert np.array_equal(resampled(pixels, (3, 4)), resampled(pixels.copy(), (3, 4)))


def test_pixels_that_cannot_be_written_are_read() -> None:
    pixels = noise(6, 5, 3)
    wanted = resampled(pixels, (3, 4))
    pixels.flags.writeable = False
    assert np.array_equal(resampled(pixels, (3, 4)), wanted)


PROGRAM = """
import sys, numpy as np
from protonet.windows.resampled import resampled
pixels = np.random.default_rng(0).integers(0, 256, (37, 53, 3), np.uint8)
for size in ((20, 11), (90, 70), (5, 90)):
    sys.stdout.buffer.write(resampled(pixels, size).tobytes())
"""


def test_every_processor_gives_the_same_bytes() -> None:
    """What a processor can do is chosen by torch as it starts, and may be chosen for it."""
    sizes = ((20, 11), (90, 70), (5, 90))
    here = b"".join(resampled(noise(37, 53, 3), size).tobytes() for size in sizes)
    there = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "ATEN_CPU_CAPABILITY": "default"},
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    assert hashlib.sha256(there).hexdigest() == hashlib.sha256(here).hexdigest()
