from __future__ import annotations

from pathlib import Path

import pytest

from tests.pycaffe.prototxts import CHAIN, net_of


def test_everything_by_name(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)

    assert list(net.blobs) == net._blob_names == ["data", "ip1", "ip2", "prob"]
    assert list(net.params) == ["ip1", "ip2"]
    assert net._layer_names == list(net.layer_dict) == ["data", "ip1", "relu1", "ip2", "prob"]
    assert [layer.type for layer in net.layers] == [
        "Input",
        "InnerProduct",
        "ReLU",
        "InnerProduct",
        "Softmax",
    ]
    assert net.top_names["relu1"] == net.bottom_names["relu1"] == ["ip1"]
    assert (net.inputs, net.outputs) == (["data"], ["prob"])
    assert set(net.blob_loss_weights.values()) == {0.0}
    assert net.blobs["ip1"] is net.layers[1].tops[0]


def test_names_that_are_not_there(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)

    with pytest.raises(KeyError) as caught:
        _ = net.params["relu1"]
    assert caught.value.args == ("the net has no layer with parameters relu1; known: ip1, ip2",)
