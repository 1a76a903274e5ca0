from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import protonet.pycaffe as caffe
from protonet.errors import UsageError
from tests.pycaffe.prototxts import TRAINED, net_of, rows
from tests.small import points, write_points

SET = """\
layer { name: "points" type: "Data" top: "data" top: "label"
        data_param { source: "points.lmdb/train" batch_size: 4 } }
layer { name: "s" type: "Silence" bottom: "data" bottom: "label" }
"""

MEMORY = """\
layer { name: "m" type: "MemoryData" top: "data" top: "label"
        memory_data_param { batch_size: 2 channels: 1 height: 1 width: 3 } }
layer { name: "twice" type: "Power" bottom: "data" top: "twice" power_param { scale: 2 } }
layer { name: "s" type: "Silence" bottom: "label" }
"""


def test_rows_of_hdf5_come_batch_by_batch(tmp_path: Path) -> None:
    data, labels = rows(tmp_path)
    net = net_of(tmp_path, TRAINED, caffe.TRAIN)

    for start in (0, 4, 8, 0):
        net.forward()
        np.testing.assert_array_equal(net.blobs["data"].data, data[start : start + 4])
        np.testing.assert_array_equal(net.blobs["label"].data, labels[start : start + 4])
    assert net.inputs == []


def test_batches_of_a_data_set(tmp_path: Path) -> None:
    write_points(tmp_path / "points.lmdb", train=points(10, 1))
    net = net_of(tmp_path, SET, caffe.TRAIN)

    recorded = points(10, 1)
    for start in (0, 4):
        net.forward()
        np.testing.assert_array_equal(net.blobs["data"].data, recorded["data"][start : start + 4])
        np.testing.assert_array_equal(net.blobs["label"].data, recorded["label"][start : start + 4])
    net.forward()  # the last batch goes on with the first records
    rest = np.concatenate([recorded["data"][8:], recorded["data"][:2]])
    np.testing.assert_array_equal(net.blobs["data"].data, rest)


EXACT = (
    *("data_gray_scale", "data_leveldb", "data_mean_file", "data_mean_file_crop"),
    *("data_mean_value1", "data_mean_value3_crop", "data_plain", "data_resized"),
    *("hdf5data_two_files", "imagedata_plain"),
)


@pytest.mark.parametrize(
    ("name", "within"), [*((name, 1e-5) for name in EXACT), ("imagedata_gray", 1)]
)
def test_data_layers_give_what_caffes_gave(name: str, within: float, reference: Path) -> None:
    # Pillow and OpenCV round the luma otherwise
    folder = reference / "golden" / "data"
    net = caffe.Net(str(folder / f"{name}.prototxt"), caffe.TEST)

    with np.load(folder / f"{name}.npz") as recorded:
        steps = [key for key in recorded.files if key.startswith("out/data/")]
        assert steps
        for step in range(len(steps)):
            net.forward()
            for top in ("data", "label"):
                wanted = recorded[f"out/{top}/step{step}"]
                np.testing.assert_allclose(net.blobs[top].data, wanted, rtol=1e-6, atol=within)


def test_arrays_from_memory(tmp_path: Path) -> None:
    net = net_of(tmp_path, MEMORY)
    data = np.arange(12, dtype=np.float32).reshape(4, 1, 1, 3)

    net.set_input_arrays(data, np.array([0, 1, 2, 3], np.float32))

    for start in (0, 2, 0):
        np.testing.assert_array_equal(net.forward()["twice"], 2 * data[start : start + 2])
        assert net.blobs["label"].data.tolist() == [start, start + 1]


def test_a_net_that_was_handed_nothing(tmp_path: Path) -> None:
    net = net_of(tmp_path, MEMORY)

    with pytest.raises(UsageError) as caught:
        net.forward()
    assert str(caught.value).startswith("layer m: no arrays were given")
    with pytest.raises(UsageError) as caught:
        net.set_input_arrays(np.zeros((3, 1, 1, 3)), np.zeros(3))
    assert str(caught.value) == (
        "layer m: 3 samples are no multiple of its batch_size, 2; Caffe asks the same: leave some "
        "out, or choose a divisor"
    )
