from __future__ import annotations

import pytest
from google.protobuf import text_format

from protonet.pycaffe.proto import caffe_pb2


def test_a_net_is_read_changed_and_written() -> None:
    net = caffe_pb2.NetParameter()
    text_format.Merge('name: "a" layer { name: "c" type: "Convolution" }', net)
    net.layer[0].convolution_param.num_output = 3
    net.layer.add(name="r", type="ReLU", bottom=["c"], top=["c"])

    again = caffe_pb2.NetParameter.FromString(net.SerializeToString())

    assert again == net
    assert str(net.layer[0]) == (
        'name: "c"\ntype: "Convolution"\nconvolution_param {\n  num_output: 3\n}\n'
    )
    assert caffe_pb2.PoolingParameter.AVE == 1
    assert (caffe_pb2.TRAIN, caffe_pb2.TEST) == (0, 1)


def test_found_as_scripts_name_it() -> None:
    import protonet.pycaffe as caffe

    assert caffe.proto.caffe_pb2.NetParameter is caffe_pb2.NetParameter


def test_a_message_that_is_not_there() -> None:
    with pytest.raises(AttributeError) as caught:
        _ = caffe_pb2.PermuteParameter

    assert str(caught.value) == (
        "Caffe's messages have no PermuteParameter here; the layers of forks, and of nets of 2013, "
        "are not among them"
    )
    assert {"NetParameter", "Datum", "BlobProtoVector"} <= set(dir(caffe_pb2))
