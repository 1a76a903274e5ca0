from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.errors import DataError, UsageError
from protonet.pycaffe.images import load_image, oversample, resize_image


def test_an_image_is_red_green_blue_from_0_to_1(tmp_path: Path) -> None:
    pixels = np.array([[[255, 0, 51], [0, 102, 0]]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")

    loaded = load_image(str(tmp_path / "a.png"))

    assert loaded.dtype == np.float32
    np.testing.assert_allclose(loaded, [[[1, 0, 0.2], [0, 0.4, 0]]], rtol=1e-6)
    gray = load_image(tmp_path / "a.png", color=False)
    # 0.2125 R + 0.7154 G + 0.0721 B
    np.testing.assert_allclose(gray, [[[0.2125 + 0.0721 / 5], [0.7154 * 0.4]]], rtol=1e-5)


def test_gray_alpha_palette_and_16_bits(tmp_path: Path) -> None:
    gray = Image.fromarray(np.array([[0, 255]], np.uint8))
    gray.save(tmp_path / "gray.png")
    gray.convert("P").save(tmp_path / "palette.png")
    Image.fromarray(np.array([[[255, 0, 0, 0]]], np.uint8)).save(tmp_path / "alpha.png")
    Image.fromarray(np.array([[0, 65535]], np.uint16)).save(tmp_path / "deep.png")

    for name in ("gray", "palette", "deep"):
        np.testing.assert_array_equal(load_image(tmp_path / f"{name}.png"), [[[0] * 3, [1] * 3]])
    assert load_image(tmp_path / "gray.png", color=False).shape == (1, 2, 1)
    np.testing.assert_array_equal(load_image(tmp_path / "alpha.png"), [[[1, 0, 0]]])


def test_what_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("text")

    with pytest.raises(DataError) as caught:
        load_image(tmp_path / "a.png")

    assert str(caught.value).startswith(f"{tmp_path}/a.png")


def test_resizing_is_linear_between_the_centres() -> None:
    image = np.array([[[0.0], [4.0]]], np.float32)

    # centres at 0.25 and 0.75 of the width; four new ones at 0.125, 0.375, 0.625, 0.875
    assert resize_image(image, (1, 4))[0, :, 0].tolist() == [0, 1, 3, 4]
    assert resize_image(image, (1, 4), interp_order=0)[0, :, 0].tolist() == [0, 0, 4, 4]
    assert resize_image(np.ones((2, 2, 5)), (3, 4)).shape == (3, 4, 5)
    assert resize_image(image, np.array([2, 2])).shape == (2, 2, 1)


def test_ten_windows() -> None:
    image = np.arange(16.0).reshape(4, 4, 1)

    windows = oversample([image], (2, 2))

    assert windows[:, 0, 0, 0].tolist() == [0, 2, 8, 10, 5, 1, 3, 9, 11, 6]
    np.testing.assert_array_equal(windows[5:], windows[:5, :, ::-1])


def test_refusals() -> None:
    with pytest.raises(UsageError) as caught:
        oversample([np.zeros((3, 5, 1))], (4, 2))
    assert str(caught.value) == ("oversample: a window of 4 x 2 does not fit into images of 3 x 5")
    with pytest.raises(UsageError) as caught:
        resize_image(np.zeros((3, 5)), (4, 2))
    assert str(caught.value) == "resize_image: an image is (H, W, K), not of shape (3, 5)"
    with pytest.raises(UsageError) as caught:
        resize_image(np.zeros((3, 5, 1)), (4, 2), 7)
    assert str(caught.value) == "resize_image: interp_order is 0, 1 or 3, not 7"
