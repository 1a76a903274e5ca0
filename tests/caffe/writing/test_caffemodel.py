from __future__ import annotations

from pathlib import Path

import numpy as np

from protonet.caffe.caffemodel import read_caffemodel
from protonet.caffe.writing.caffemodel import Stored, caffemodel_parts, write_caffemodel
from tests.protobuf.wire import blob, held

LAYERS = [
    Stored("conv1/3x3", "Convolution", [np.array([[1.0], [2]]), np.array([3.0])]),
    Stored("relu", "ReLU", []),
]


def test_the_bytes_are_those_of_caffe() -> None:
    conv = held(1, b"conv1/3x3") + held(2, b"Convolution")
    conv += held(7, blob((2, 1), 1, 2)) + held(7, blob((1,), 3))
    relu = held(1, b"relu") + held(2, b"ReLU")

    assert b"".join(caffemodel_parts("n", LAYERS)) == (
        held(1, b"n") + held(100, conv) + held(100, relu)
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "net.caffemodel"
    write_caffemodel(file, "n", LAYERS)

    found = {name: array.tolist() for name, array in read_caffemodel(file).items()}
    assert found == {"conv1/3x3/0": [[1], [2]], "conv1/3x3/1": [3]}
