from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import protonet.pycaffe as caffe
from protonet.errors import UsageError
from protonet.protobuf import read_blob
from protonet.pycaffe.proto import caffe_pb2


def test_a_blobproto_there_and_back(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(1, 2, 3)

    blob = caffe.io.array_to_blobproto(array, diff=-array)

    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob), array)
    np.testing.assert_array_equal(caffe.io.blobproto_to_array(blob, return_diff=True), -array)
    (tmp_path / "mean.binaryproto").write_bytes(blob.SerializeToString())
    np.testing.assert_array_equal(read_blob(tmp_path / "mean.binaryproto"), array)


def test_a_blobproto_of_before_2015_and_of_double_numbers() -> None:
    old = caffe_pb2.BlobProto(num=1, channels=1, height=1, width=2, data=[3, 4])
    double = caffe_pb2.BlobProto(double_data=[0.1, 0.2])
    double.shape.dim.extend([2])

    assert caffe.io.blobproto_to_array(old).tolist() == [[[[3, 4]]]]
    assert caffe.io.blobproto_to_array(double).tolist() == [0.1, 0.2]


def test_a_list_of_arrays() -> None:
    arrays = [np.ones((2, 1), np.float32), np.zeros(3, np.float32)]

    text = caffe.io.arraylist_to_blobprotovector_str(arrays)

    found = caffe.io.blobprotovector_str_to_arraylist(text)
    assert [one.tolist() for one in found] == [[[1], [1]], [0, 0, 0]]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_datum_there_and_back(dtype: type) -> None:
    array: np.ndarray = np.arange(6).astype(dtype).reshape(1, 2, 3)

    datum = caffe.io.array_to_datum(array, 7)
    read = caffe_pb2.Datum.FromString(datum.SerializeToString())

    assert (read.channels, read.height, read.width, read.label) == (1, 2, 3, 7)
    found = caffe.io.datum_to_array(read)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, array)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="Incorrect array shape") as caught:
        caffe.io.array_to_datum(np.zeros((2, 2)))
    assert str(caught.value) == "Incorrect array shape: a Datum holds (K, H, W), not (2, 2)"
    with pytest.raises(UsageError) as encoded:
        caffe.io.datum_to_array(caffe_pb2.Datum(data=b"x", encoded=True))
    assert str(encoded.value) == (
        "the Datum holds an encoded image; decode datum.data, with Pillow say"
    )
    short = caffe_pb2.BlobProto(data=[1])
    short.shape.dim.extend([2, 3])
    with pytest.raises(ValueError, match="holds 1 numbers") as unfit:
        caffe.io.blobproto_to_array(short)
    assert str(unfit.value) == "the BlobProto holds 1 numbers for the shape (2, 3)"
