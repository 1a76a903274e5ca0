from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import protonet.pycaffe as caffe
from protonet.errors import UsageError
from tests.pycaffe.prototxts import IMAGES, net_of


def detector(folder: Path, **keys: object) -> caffe.Detector:
    net_of(folder, IMAGES).save(folder / "net.caffemodel")
    return caffe.Detector(str(folder / "net.prototxt"), str(folder / "net.caffemodel"), **keys)  # type: ignore[arg-type]  # the keywords of a parametrised call


def test_windows_of_images(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    net = detector(tmp_path)
    windows = [(0, 0, 6, 6), (10, 20, 16, 26)]

    found = net.detect_windows([(str(tmp_path / "a.png"), windows)])

    assert [one["window"] for one in found] == windows
    assert {one["filename"] for one in found} == {str(tmp_path / "a.png")}
    fed = np.stack([pixels[top:bottom, left:right] for top, left, bottom, right in windows])
    expected = net.forward_all(data=fed.transpose(0, 3, 1, 2) / 255)["prob"]
    np.testing.assert_allclose([one["prediction"] for one in found], expected, rtol=1e-5, atol=1e-6)


def test_context_around_a_window_and_the_mean_beyond_the_edge(tmp_path: Path) -> None:
    net = detector(tmp_path, context_pad=1, mean=np.array([1, 2, 3]), channel_swap=(2, 1, 0))
    image = np.full((12, 12, 3), 9, np.float32)

    crop = net.crop(image, (0, 0, 3, 3))

    # by hand: a window of 4 + 1 pixels to 6 - 2 of the input; scaled by 6 / 4 to -1 … 5, of which
    # one row and column of seven lie outside, where the mean stands, as RGB
    assert crop.shape == (6, 6, 3)
    assert crop[0, 0].tolist() == crop[0, 5].tolist() == crop[5, 0].tolist() == [3, 2, 1]
    assert crop[1:, 1:].tolist() == np.full((5, 5, 3), 9.0).tolist()


def test_refusals(tmp_path: Path) -> None:
    net = detector(tmp_path)

    with pytest.raises(UsageError) as caught:
        net.crop(np.ones((5, 5, 3)), (4, 0, 4, 3))
    assert str(caught.value) == (
        "the window (4, 0, 4, 3) (top, left, bottom, right) holds no pixel of an image of 5 x 5"
    )
    with pytest.raises(UsageError) as caught:
        net.detect_windows([])
    assert str(caught.value) == "detect_windows: no windows are given"
    with pytest.raises(UsageError) as caught:
        net.detect_selective_search(["a.png"])
    assert str(caught.value) == (
        "detect_selective_search: it needs a program of MATLAB's; propose windows otherwise, and "
        "give them to detect_windows"
    )
