from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import protonet.pycaffe as caffe
from protonet.errors import SpecError
from tests.pycaffe.prototxts import CHAIN, IMAGES, TRAINED, net_of, rows


def test_a_fully_convolutional_net_takes_images_of_another_size(tmp_path: Path) -> None:
    net = net_of(tmp_path, IMAGES)
    kept = net.params["conv"][0].data.copy()
    net.blobs["data"].reshape(1, 3, 9, 8)
    net.blobs["data"].data[...] = 1

    assert net.forward()["prob"].shape == (1, 4, 1, 1)
    assert net.blobs["conv"].shape == (1, 4, 7, 6)
    np.testing.assert_array_equal(net.params["conv"][0].data, kept)


def test_a_shape_that_a_parameter_does_not_allow(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    net.blobs["data"].reshape(2, 5)

    with pytest.raises(SpecError) as caught:
        net.reshape()

    text = str(caught.value)
    assert text.startswith("error[PN026] ")
    assert "net.layers.ip1: weight: it would need the shape (4, 5), and it has (4, 3)" in text


def test_the_loss_is_the_sum_of_what_counts_in_it(tmp_path: Path) -> None:
    rows(tmp_path)
    text = TRAINED.replace('top: "loss" }', 'top: "loss" loss_weight: 3 }')
    net = net_of(tmp_path, text, caffe.TRAIN)

    net.forward()

    assert net.loss == pytest.approx(3 * float(net.blobs["loss"].data))
    assert net.blobs["loss"].diff.tolist() == 3  # what the way back starts from


def test_parameters_of_nets_are_repeatable(tmp_path: Path) -> None:
    caffe.set_random_seed(4)
    first = net_of(tmp_path, CHAIN).params["ip1"][0].data.copy()
    caffe.set_random_seed(4)

    np.testing.assert_array_equal(net_of(tmp_path, CHAIN).params["ip1"][0].data, first)
