from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.errors import UsageError
from tests.pycaffe.prototxts import CHAIN, net_of


def test_any_number_of_samples(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    data = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)

    found = net.forward_all(["ip2"], data=data)

    hidden = np.maximum(data @ net.params["ip1"][0].data.T, 0)
    assert found["prob"].shape == (5, 2)
    np.testing.assert_allclose(found["ip2"], hidden @ net.params["ip2"][0].data.T, rtol=1e-4)


def test_gradients_of_any_number_of_samples(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    data = np.random.default_rng(1).normal(size=(3, 3)).astype(np.float32)
    seed = np.tile(np.array([[1, 0]], np.float32), (3, 1))

    blobs, diffs = net.forward_backward_all(["ip2"], ["ip2"], data=data, prob=seed)

    # of p0 = 1 / (1 + exp(s1 - s0)): dp0/ds0 = p0 p1, dp0/ds1 = -p0 p1
    product = blobs["prob"].prod(1)
    np.testing.assert_allclose(diffs["ip2"], np.stack([product, -product], 1), rtol=1e-4)
    assert diffs["data"].shape == (3, 3)


def test_inputs_of_different_lengths(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)

    with pytest.raises(UsageError) as caught:
        net.forward_backward_all(data=np.zeros((3, 3)), prob=np.zeros((4, 2)))
    assert str(caught.value) == "inputs are of different lengths: data has 3, prob has 4"
    with pytest.raises(UsageError) as caught:
        net.forward_all(image=np.zeros((3, 3)))
    assert str(caught.value) == "the net has no blob image"
