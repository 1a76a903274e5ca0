from __future__ import annotations

from pathlib import Path

from protonet.net import Net
from protonet.pycaffe.opening import open_net
from protonet.pycaffe.plan import Plan, plan_of
from protonet.spec.state import State
from tests.pycaffe.prototxts import CHAIN, written

FORKED = """\
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 1 dim: 2 } } }
layer { name: "a" type: "Power" bottom: "data" top: "a" }
layer { name: "b" type: "Power" bottom: "data" top: "b" }
layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "b" top: "sum" loss_weight: 2 }
layer { name: "s" type: "Silence" bottom: "sum" }
"""


def plan(folder: Path, text: str) -> Plan:
    opened = open_net(written(folder, text), State("test"))
    return plan_of(opened.lines, Net(opened.net, "test"))


def test_a_layer_in_place_has_one_blob(tmp_path: Path) -> None:
    found = plan(tmp_path, CHAIN)

    assert found.names == ("data", "ip1", "ip2", "prob")
    assert [(one.name, one.bottoms, one.tops) for one in found.stages] == [
        ("data", (), (0,)),
        ("ip1", (0,), (1,)),
        ("relu1", (1,), (1,)),
        ("ip2", (1,), (2,)),
        ("prob", (2,), (3,)),
    ]
    assert found.outputs() == ["prob"]


def test_a_blob_that_several_read_is_split_as_caffe_does(tmp_path: Path) -> None:
    # by hand: insert_splits.cpp; the loss weight of sum takes the first of its two copies
    found = plan(tmp_path, FORKED)

    assert found.names == (
        "data",
        "data_data_0_split_0",
        "data_data_0_split_1",
        "a",
        "b",
        "sum",
        "sum_sum_0_split_0",
        "sum_sum_0_split_1",
    )
    assert [(one.name, one.type, one.bottoms, one.tops) for one in found.stages] == [
        ("data", "Input", (), (0,)),
        ("data_data_0_split", "Split", (0,), (1, 2)),
        ("a", "Power", (1,), (3,)),
        ("b", "Power", (2,), (4,)),
        ("sum", "Eltwise", (3, 4), (5,)),
        ("sum_sum_0_split", "Split", (5,), (6, 7)),
        ("s", "Silence", (7,), ()),
    ]
    assert found.weights == (0, 0, 0, 0, 0, 0, 2, 0)
    assert found.outputs() == ["sum_sum_0_split_0"]
