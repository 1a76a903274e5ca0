from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import protonet.pycaffe as caffe
from protonet.caffe.caffemodel import read_caffemodel
from protonet.errors import DataError, StorageError, UsageError
from protonet.pycaffe.proto import caffe_pb2
from tests.pycaffe.prototxts import CHAIN, net_of, written


def arrays(net: caffe.Net) -> dict[str, list[list[float]]]:
    return {
        f"{name}/{place}": blob.data.tolist()
        for name, blobs in net.params.items()
        for place, blob in enumerate(blobs)
    }


@pytest.mark.parametrize("name", ["net.caffemodel", "net.caffemodel.h5"])
def test_what_is_saved_is_loaded(name: str, tmp_path: Path) -> None:
    first, second = net_of(tmp_path, CHAIN), net_of(tmp_path, CHAIN)
    path = str(tmp_path / name)
    assert arrays(first) != arrays(second)

    if name.endswith("h5"):
        first.save_hdf5(path)
        second.load_hdf5(path)
    else:
        first.save(path)
        second.copy_from(path)

    assert arrays(second) == arrays(first)
    assert {key: one.tolist() for key, one in read_caffemodel(Path(path)).items()} == arrays(first)


def test_a_caffemodel_holds_every_layer(tmp_path: Path) -> None:
    net_of(tmp_path, CHAIN).save(tmp_path / "net.caffemodel")

    message = caffe_pb2.NetParameter.FromString((tmp_path / "net.caffemodel").read_bytes())

    assert message.name == "chain"
    assert [(one.name, one.type) for one in message.layer] == [
        ("data", "Input"),
        ("ip1", "InnerProduct"),
        ("relu1", "ReLU"),
        ("ip2", "InnerProduct"),
        ("prob", "Softmax"),
    ]
    assert [list(blob.shape.dim) for blob in message.layer[1].blobs] == [[4, 3], [4]]


def test_gradients_in_hdf5(tmp_path: Path) -> None:
    import h5py

    net = net_of(tmp_path, CHAIN)
    net.params["ip2"][1].diff[...] = [5, 6]
    net.save_hdf5(tmp_path / "net.h5", write_diff=True)

    with h5py.File(tmp_path / "net.h5") as file:
        assert file["diff/ip2/1"][()].tolist() == [5, 6]
        assert sorted(file["data"]) == ["data", "ip1", "ip2", "prob", "relu1"]


def test_layers_of_other_names_are_left_as_they_were(tmp_path: Path) -> None:
    first = net_of(tmp_path, CHAIN)
    first.save(tmp_path / "net.caffemodel")
    fine = net_of(
        tmp_path, CHAIN.replace("ip2", "ip2_new").replace("num_output: 2", "num_output: 7")
    )
    before = fine.params["ip2_new"][0].data.copy()

    fine.copy_from(tmp_path / "net.caffemodel")

    np.testing.assert_array_equal(fine.params["ip1"][0].data, first.params["ip1"][0].data)
    np.testing.assert_array_equal(fine.params["ip2_new"][0].data, before)


def test_another_shape_is_refused(tmp_path: Path) -> None:
    net_of(tmp_path, CHAIN).save(tmp_path / "net.caffemodel")
    other = net_of(tmp_path, CHAIN.replace("num_output: 2", "num_output: 7"))

    with pytest.raises(DataError) as caught:
        other.copy_from(tmp_path / "net.caffemodel")

    assert str(caught.value) == (
        f"{tmp_path}/net.caffemodel: cannot copy ip2/weight (2, 4) for (7, 4); ip2/bias (2,) for "
        "(7,); to learn a layer's parameters from scratch, give the layer another name"
    )


def test_shared_parameters_are_one_memory(tmp_path: Path) -> None:
    one, other = net_of(tmp_path, CHAIN), net_of(tmp_path, CHAIN)
    other.share_with(one)

    one.params["ip1"][0].data[...] = 1
    for net in (one, other):
        net.blobs["data"].data[...] = 2
        net.forward()

    np.testing.assert_array_equal(other.params["ip1"][0].data, np.ones((4, 3)))
    np.testing.assert_array_equal(one.blobs["prob"].data, other.blobs["prob"].data)
    other.blobs["data"].reshape(1, 3)
    other.forward(data=np.full((1, 3), 2))
    np.testing.assert_allclose(other.blobs["prob"].data[0], one.blobs["prob"].data[0], rtol=1e-6)


def test_other_shapes_cannot_be_shared(tmp_path: Path) -> None:
    one = net_of(tmp_path, CHAIN)
    other = net_of(tmp_path, CHAIN.replace("num_output: 2", "num_output: 7"))

    with pytest.raises(UsageError) as caught:
        other.share_with(one)

    assert str(caught.value) == (
        "share_with: layer ip2 has parameters of shapes [(7, 4), (7,)], and the other net's "
        "[(2, 4), (2,)]"
    )


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    net = net_of(tmp_path, CHAIN)
    written(tmp_path, "", "file")

    with pytest.raises(StorageError) as caught:
        net.save(tmp_path / "file" / "net.caffemodel")

    assert str(caught.value) == f"{tmp_path}/file/net.caffemodel cannot be written: Not a directory"
