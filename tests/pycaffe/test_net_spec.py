from __future__ import annotations

from pathlib import Path

import pytest

import protonet.pycaffe as caffe
from protonet.errors import UsageError
from protonet.pycaffe import layers as L
from protonet.pycaffe import params as P
from protonet.pycaffe.net_spec import assign_proto, to_proto
from protonet.pycaffe.proto import caffe_pb2
from tests.pycaffe.prototxts import rows, written


def lenet(batch_size: int) -> caffe.NetSpec:
    """Return the net of the LeNet notebook, on the rows of the tests."""
    n = caffe.NetSpec()
    n.data, n.label = L.HDF5Data(batch_size=batch_size, source="rows.txt", ntop=2)
    n.image = L.Reshape(n.data, reshape_param={"shape": {"dim": [0, 1, 1, 5]}})
    n.conv1 = L.Convolution(n.image, kernel_size=1, num_output=4, weight_filler={"type": "xavier"})
    n.pool1 = L.Pooling(n.conv1, kernel_h=1, kernel_w=2, stride=1, pool=P.Pooling.MAX)
    n.fc1 = L.InnerProduct(
        n.pool1, num_output=10, weight_filler={"type": "xavier"}, param=[{"lr_mult": 1}, {}]
    )
    n.relu1 = L.ReLU(n.fc1, in_place=True)
    n.score = L.InnerProduct(n.relu1, num_output=3, weight_filler={"type": "xavier"})
    n.loss = L.SoftmaxWithLoss(n.score, n.label)
    return n


def test_the_prototxt_of_the_lenet_notebook(tmp_path: Path) -> None:
    proto = lenet(4).to_proto()

    assert [layer.name for layer in proto.layer] == [
        "data", "image", "conv1", "pool1", "fc1", "relu1", "score", "loss"
    ]  # fmt: skip
    pool, fc1, relu = (proto.layer[place] for place in (3, 4, 5))
    assert str(pool) == (
        'name: "pool1"\ntype: "Pooling"\nbottom: "conv1"\ntop: "pool1"\npooling_param {\n'
        "  pool: MAX\n  stride: 1\n  kernel_h: 1\n  kernel_w: 2\n}\n"
    )
    assert [one.lr_mult for one in fc1.param] == [1, 1]
    assert list(relu.top) == list(relu.bottom) == ["fc1"]

    rows(tmp_path)
    written(tmp_path, str(proto))
    net = caffe.Net(str(tmp_path / "net.prototxt"), caffe.TRAIN)
    net.forward()
    assert net.blobs["pool1"].shape == (4, 4, 1, 4)
    assert net.loss > 0


def test_names_that_nobody_gave_are_made_up() -> None:
    data = L.Input(input_param={"shape": [{"dim": [1, 2]}]}, ntop=1)
    first = L.Power(data)
    second = L.Power(first, name="mine", power_param={"power": 2})
    end = L.Silence(second, ntop=0)

    proto = to_proto(end)

    assert [(one.name, list(one.bottom), list(one.top)) for one in proto.layer] == [
        ("Input1", [], ["Input1"]),
        ("Power1", ["Input1"], ["Power1"]),
        ("mine", ["Power1"], ["Power2"]),
        ("Silence1", ["Power2"], []),
    ]
    assert first.to_proto() == to_proto(first)
    assert end.to_proto() == proto


def test_keys_go_where_the_type_reads_them() -> None:
    n = caffe.NetSpec()
    n.data, n.label = L.Data(
        batch_size=2, source="x", backend=P.Data.LMDB, transform_param={"scale": 0.5}, ntop=2
    )
    n.up = L.Deconvolution(n.data, convolution_param={"num_output": 2}, bias_term=False)
    n["loss"] = L.SoftmaxWithLoss(n.up, n.label, loss_param={"ignore_label": 255}, loss_weight=2)
    n.accuracy = L.Accuracy(n.up, n.label, include={"phase": caffe.TEST}, top_k=5)

    data, up, loss, accuracy = n.to_proto().layer

    assert (data.data_param.backend, data.transform_param.scale) == (1, 0.5)
    assert (up.convolution_param.num_output, up.convolution_param.bias_term) == (2, False)
    assert (loss.loss_param.ignore_label, list(loss.loss_weight)) == (255, [2])
    assert (accuracy.include[0].phase, accuracy.accuracy_param.top_k) == (1, 5)


def test_a_net_spec_is_a_dictionary_of_tops() -> None:
    n, other = caffe.NetSpec(), caffe.NetSpec()
    n.a = L.Power()
    other.b = L.Power()
    n.update(other)

    assert (n.keys(), n.vals(), list(n.tops)) == (["a", "b"], [n.a, n["b"]], ["a", "b"])
    del n.a
    del n["b"]
    assert n.keys() == []
    with pytest.raises(AttributeError) as caught:
        _ = other.c
    assert str(caught.value) == "the net has no top c; known: b"


def test_a_net_may_be_deeper_than_the_stack() -> None:
    top = L.Power()
    for _ in range(5000):
        top = L.Power(top)

    assert len(to_proto(top).layer) == 5001


def test_mistakes() -> None:
    with pytest.raises(TypeError, match="Power input 0 is not a Top") as caught:
        L.Power(L.Data(ntop=2))
    assert str(caught.value) == (
        "Power input 0 is not a Top (type is <class 'tuple'>); a layer of several tops gives a "
        "tuple of them, one of none gives no top"
    )
    with pytest.raises(UsageError) as wrong:
        to_proto(L.Convolution(num_outputs=3))
    assert str(wrong.value) == "Convolution has no key num_outputs; did you mean num_output?"
    with pytest.raises(UsageError) as wrong:
        assign_proto(caffe_pb2.LayerParameter(), "name", 3)
    assert str(wrong.value).startswith("LayerParameter.name: 3 is of another kind: ")
    with pytest.raises(AttributeError) as lacking:
        _ = P.Poling
    assert str(lacking.value) == "Caffe has no PolingParameter; did you mean Pooling?"
