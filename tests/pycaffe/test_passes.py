from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.errors import UsageError
from protonet.pycaffe.named import NoSuchLayerError
from tests.pycaffe.prototxts import CHAIN, IMAGES, net_of


def softmax(scores: np.ndarray) -> np.ndarray:
    shifted = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(shifted / shifted.sum(1, keepdims=True))


def test_inputs_by_keyword_and_blobs_that_are_asked_for(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    data = np.array([[1, 2, 3], [4, 5, 6]], np.float32)

    found = net.forward(["ip1"], data=data)

    weight, second = (net.params[name][0].data for name in ("ip1", "ip2"))
    hidden = np.maximum(data @ weight.T, 0)
    np.testing.assert_allclose(found["ip1"], hidden, rtol=1e-5)
    np.testing.assert_allclose(found["prob"], softmax(hidden @ second.T), rtol=1e-5)
    assert list(found) == ["prob", "ip1"]


def test_what_is_written_between_two_parts_of_a_pass_is_used(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)

    first = net.forward(end="relu1")
    net.blobs["ip1"].data[...] = [[1, 0, 0, 0], [0, 1, 0, 0]]
    rest = net.forward(start="ip2")

    assert list(first) == ["ip1"]
    weight = net.params["ip2"][0].data
    np.testing.assert_allclose(rest["prob"], softmax(weight.T[:2]), rtol=1e-5)


def test_gradients_from_a_diff_set_by_hand(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    net.blobs["data"].data[...] = [[1, 2, 3], [-1, 0, 1]]
    net.forward()
    net.blobs["ip2"].diff[...] = [[1, 0], [0, 2]]

    found = net.backward(start="ip2")

    hidden = net.blobs["ip1"].data
    seed = np.array([[1, 0], [0, 2]], np.float32)
    below = (seed @ net.params["ip2"][0].data) * (hidden > 0)
    np.testing.assert_allclose(net.params["ip2"][0].diff, seed.T @ hidden, rtol=1e-5)
    np.testing.assert_allclose(found["data"], below @ net.params["ip1"][0].data, rtol=1e-5)
    np.testing.assert_allclose(net.blobs["ip1"].diff, below, rtol=1e-5)
    assert net.backward(end="ip2", prob=np.zeros((2, 2)))["ip1"].tolist() == [[0] * 4] * 2


def test_gradients_of_parameters_add_up_until_they_are_cleared(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    net.blobs["data"].data[...] = 1
    net.forward()
    net.blobs["ip2"].diff[...] = 1
    net.backward(start="ip2")
    once = net.params["ip2"][1].diff.copy()

    net.backward(start="ip2")

    np.testing.assert_array_equal(once, [2, 2])
    np.testing.assert_array_equal(net.params["ip2"][1].diff, [4, 4])
    net.clear_param_diffs()
    np.testing.assert_array_equal(net.params["ip2"][1].diff, [0, 0])


def test_backward_as_often_as_one_likes(tmp_path: Path) -> None:
    net = net_of(tmp_path, IMAGES)
    net.blobs["data"].data[...] = np.random.default_rng(0).normal(size=(2, 3, 6, 6))
    net.forward()

    for blob in ("pool", "pool"):
        net.blobs[blob].diff[...] = 1
        gradient = net.backward(start="pool")["data"].copy()

    # each window of 3 x 3 counts where its channel is above 0, a sixteenth of it
    positive = (net.blobs["conv"].data > 0).astype(np.float32) / 16
    expected = np.zeros((2, 3, 6, 6), np.float32)
    weight = net.params["conv"][0].data
    for row, column in np.ndindex(4, 4):
        seen = np.einsum("nk,kcij->ncij", positive[:, :, row, column], weight)
        expected[:, :, row : row + 3, column : column + 3] += seen
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            {"image": np.zeros((2, 3))},
            "Input blob arguments do not match net inputs: given image, the net's inputs are data",
        ),
        (
            {"data": np.zeros((7, 3))},
            "Input is not batch sized: data has 7 samples, and the net takes 2; reshape the blob, "
            "or use forward_all",
        ),
        (
            {"data": np.zeros((2, 4))},
            "data has the shape (2, 4), and the blob (2, 3); reshape the blob first",
        ),
    ],
)
def test_inputs_that_do_not_fit(given: dict[str, np.ndarray], why: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        net_of(tmp_path, CHAIN).forward(None, None, None, **given)

    assert str(caught.value) == why


def test_seeds_that_do_not_fit(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)

    with pytest.raises(UsageError) as caught:
        net.backward(ip2=np.zeros((2, 2)))
    assert str(caught.value) == (
        "Top diff arguments do not match net outputs: given ip2, the net's outputs are prob"
    )
    with pytest.raises(UsageError) as caught:
        net.backward(prob=np.zeros((3, 2)))
    assert str(caught.value) == (
        "Diff is not batch sized: prob has 3 samples, and the net takes 2; reshape the blob, or "
        "use forward_all"
    )


def test_names_that_are_not_there(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)

    with pytest.raises(NoSuchLayerError) as caught:
        net.forward(start="ip3")
    assert str(caught.value) == "the net has no layer ip3; did you mean ip2?"
    with pytest.raises(UsageError) as wrong:
        net.forward(blobs=["ip3"])
    assert str(wrong.value) == "the net has no blob ip3; did you mean ip2?"


def test_backward_needs_forward(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        net_of(tmp_path, CHAIN).backward()

    assert str(caught.value) == (
        "layer prob (Softmax): backward needs a forward pass through the layer first"
    )
