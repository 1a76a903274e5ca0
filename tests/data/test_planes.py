from __future__ import annotations

import gc

import numpy as np
import pytest
from PIL import Image

from protonet.data import planes
from protonet.data.image import Pixels, decode
from tests.convert.pictures import encoded


def noise(*shape: int) -> Pixels:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def scaled(pixels: Pixels, size: tuple[int, int]) -> list[list[list[int]]]:
    """Return what Pillow makes of contiguous pixels, a channel after the other."""
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    fitted = np.asarray(image.resize(size, Image.Resampling.BILINEAR))
    return fitted.reshape(size[1], size[0], -1).transpose(2, 0, 1).tolist()


def fitted(pixels: Pixels, size: tuple[int, int]) -> list[list[list[int]]]:
    """Return what is made of pixels where other bytes lay before."""
    out = np.full((pixels.shape[2], size[1], size[0]), 99, np.uint8)
    planes.fit_planes(pixels, out)
    found: list[list[list[int]]] = out.tolist()
    return found


@pytest.mark.parametrize("shape", [(7, 9, 3), (7, 9, 1), (4, 5, 3)])
def test_planes_are_the_channels_of_what_is_scaled(shape: tuple[int, ...]) -> None:
    pixels = noise(*shape)
    assert fitted(pixels, (5, 4)) == scaled(pixels, (5, 4))


@pytest.mark.parametrize("adopts", [True, False])
def test_spaced_pixels_are_scaled_like_others(
    adopts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if adopts and not planes._ADOPTS:
        pytest.skip("this Pillow cannot take four bytes a pixel for RGB")
    monkeypatch.setattr(planes, "_ADOPTS", adopts)
    pixels = noise(37, 53, 4)[..., :3]
    assert fitted(pixels, (20, 11)) == scaled(pixels.copy(), (20, 11))


def test_what_is_decoded_spaced_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(Image.fromarray(noise(30, 40, 3)), "JPEG")
    wanted = scaled(decode(data, gray=False).pixels, (8, 9))
    monkeypatch.delattr(Image, "fromarray")
    assert fitted(decode(data, gray=False, spaced=True).pixels, (8, 9)) == wanted


@pytest.mark.parametrize(
    "pixels",
    [
        noise(6, 5, 4)[..., 1:],
        noise(6, 5, 4)[::-1, :, :3],
        noise(6, 10, 4)[:, ::2, :3],
        noise(12, 5, 4)[6:, :, :3],
        noise(6, 5, 3)[..., ::-1],
    ],
    ids=["the last three bytes", "upside down", "every other", "the lower half", "BGR"],
)
def test_pixels_that_lie_otherwise_are_scaled_as_well(pixels: Pixels) -> None:
    assert fitted(pixels, (3, 4)) == scaled(pixels.copy(), (3, 4))


def test_an_image_without_a_copy_outlives_the_names_of_its_pixels() -> None:
    """Each is scaled when all arrays were let go of and their memory could be used again."""
    arrays = [noise(64, 48 + number, 4)[..., :3] for number in range(20)]
    wanted = [scaled(pixels.copy(), (7, 5)) for pixels in arrays]
    images = [planes._image(pixels) for pixels in arrays]
    arrays.clear()
    gc.collect()
    others = [np.full((64, 48 + number, 4), 7, np.uint8) for number in range(40)]
    found = [np.asarray(image.resize((7, 5), Image.Resampling.BILINEAR)) for image in images]
    assert [one[..., :3].transpose(2, 0, 1).tolist() for one in found] == wanted
    assert len(others) == 40
