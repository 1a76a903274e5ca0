from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import protonet.pycaffe as caffe
from protonet.errors import UsageError
from tests.pycaffe.prototxts import IMAGES, net_of


def classifier(folder: Path, **keys: object) -> caffe.Classifier:
    net_of(folder, IMAGES).save(folder / "net.caffemodel")
    return caffe.Classifier(str(folder / "net.prototxt"), str(folder / "net.caffemodel"), **keys)  # type: ignore[arg-type]  # the keywords of a parametrised call


def test_the_window_in_the_centre(tmp_path: Path) -> None:
    net = classifier(
        tmp_path, image_dims=(8, 8), mean=np.array([1, 2, 3]), raw_scale=255,
        channel_swap=(2, 1, 0),
    )  # fmt: skip
    images = np.random.default_rng(3).uniform(size=(3, 8, 8, 3)).astype(np.float32)

    found = net.predict(list(images), oversample=False)

    centre = images[:, 1:7, 1:7, ::-1].transpose(0, 3, 1, 2) * 255
    fed = centre - np.array([1, 2, 3])[:, None, None]
    expected = caffe.Net(str(tmp_path / "net.prototxt"), str(tmp_path / "net.caffemodel"), 1)
    expected.blobs["data"].reshape(3, 3, 6, 6)
    np.testing.assert_allclose(found, expected.forward(data=fed)["prob"], rtol=1e-4)


def test_the_mean_of_ten_windows(tmp_path: Path) -> None:
    net = classifier(tmp_path, image_dims=(8, 8))
    images = list(np.random.default_rng(3).uniform(size=(2, 8, 8, 3)).astype(np.float32))

    found = net.predict(images)

    windows = caffe.io.oversample(images, (6, 6)).transpose(0, 3, 1, 2)
    each = net.forward_all(data=windows)["prob"]
    np.testing.assert_allclose(found, each.reshape(2, 10, 4).mean(1), rtol=1e-5)


def test_images_are_resized_first(tmp_path: Path) -> None:
    net = classifier(tmp_path)

    assert net.predict([np.ones((11, 9, 3))], oversample=False).shape == (1, 4, 1, 1)
    assert net.image_dims.tolist() == net.crop_dims.tolist() == [6, 6]


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        classifier(tmp_path).predict([])
    assert str(caught.value) == "predict: no images are given"
    with pytest.raises(UsageError) as caught:
        classifier(tmp_path, image_dims=(4, 4)).predict([np.ones((4, 4, 3))], oversample=False)
    assert str(caught.value) == ("predict: a window of 6 x 6 does not fit into images of 4 x 4")
