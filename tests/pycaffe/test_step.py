from __future__ import annotations

from pathlib import Path

import pytest

import protonet.pycaffe as caffe
from tests.pycaffe.prototxts import CHAIN, net_of

LOSS = """\
layer { name: "data" type: "Input" top: "data" top: "label"
        input_param { shape: { dim: 2 dim: 3 } shape: { dim: 2 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
        param { lr_mult: 0 } param { lr_mult: 0 } inner_product_param { num_output: 3 } }
layer { name: "ip2" type: "InnerProduct" bottom: "ip" top: "ip2"
        inner_product_param { num_output: 3 } }
layer { name: "aside" type: "InnerProduct" bottom: "ip" top: "aside"
        inner_product_param { num_output: 1 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" }
layer { name: "accuracy" type: "Accuracy" bottom: "ip2" bottom: "label" top: "accuracy" }
"""


def ways(net: caffe.Net) -> dict[str, tuple[bool, tuple[bool, ...]]]:
    return {layer.name: (layer.runs_backward, layer.propagate) for layer in net.layers}


def test_only_what_leads_to_a_loss_and_learns_runs_back(tmp_path: Path) -> None:
    # by hand, net.cpp: ip learns nothing, aside leads to no loss, the label gets no gradient
    found = ways(net_of(tmp_path, LOSS, caffe.TRAIN))

    assert found["ip"] == (False, (False,))
    assert found["ip2"] == (True, (False,))
    assert found["aside"] == (False, (False,))
    assert found["loss"] == (True, (True, False))
    assert found["accuracy"] == (False, (True, False))
    assert found["ip2_ip2_0_split"] == (True, (True,))


def test_force_backward_leads_to_the_inputs(tmp_path: Path) -> None:
    found = ways(net_of(tmp_path, "force_backward: true\n" + LOSS, caffe.TRAIN))

    assert found["ip"] == (True, (True,))
    assert found["loss"] == (True, (True, False))


def test_a_net_without_a_loss_runs_back_as_a_whole(tmp_path: Path) -> None:
    found = ways(net_of(tmp_path, CHAIN))

    assert found["ip1"] == (True, (True,))


def test_propagate_down_forbids(tmp_path: Path) -> None:
    text = CHAIN.replace('name: "ip2"', 'name: "ip2" propagate_down: false')

    assert ways(net_of(tmp_path, text))["ip2"] == (True, (False,))


def test_layers_as_scripts_look_at_them(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    layer = net.layer_dict["ip1"]

    layer.setup([], [])
    layer.reshape([], [])
    net.blobs["data"].data[...] = 1
    layer.forward()

    assert (layer.type, [blob.shape for blob in layer.blobs]) == ("InnerProduct", [(4, 3), (4,)])
    assert net.blobs["ip1"].data[0].tolist() == pytest.approx(
        net.params["ip1"][0].data.sum(1).tolist(), rel=1e-5
    )
