from __future__ import annotations

from pathlib import Path

from protonet.caffe.found_shape import found_shape
from protonet.caffe.values import message
from tests.caffe.reading import context, layer
from tests.data.tables import TINY, write
from tests.protobuf.wire import blob


def found(text: str, folder: Path) -> tuple[int, ...] | None:
    return found_shape(message(layer(f"layer {{ {text} }}")), context(places=[folder]))


def test_a_mean_image_has_the_shape_of_the_samples(tmp_path: Path) -> None:
    (tmp_path / "mean.binaryproto").write_bytes(blob((1, 3, 4, 5), *range(60)))
    text = 'type: "Data" transform_param { mean_file: "mean.binaryproto" '

    assert found(f"{text} }}", tmp_path) == (3, 4, 5)
    assert found(f"{text} crop_size: 2 }}", tmp_path) == (3, 2, 2)


def test_what_is_missing_or_damaged_says_nothing(tmp_path: Path) -> None:
    text = 'type: "Data" transform_param { mean_file: "mean.binaryproto" }'
    assert found(text, tmp_path) is None

    (tmp_path / "mean.binaryproto").write_bytes(b"\xff")
    assert found(text, tmp_path) is None
    assert found('type: "Data" data_param { source: "none" }', tmp_path) is None
    assert found('type: "HDF5Data" hdf5_data_param { source: "none" }', tmp_path) is None


def test_a_data_set_says_it_where_there_is_no_mean(tmp_path: Path) -> None:
    write(tmp_path / "tiny.lmdb", TINY)

    assert found('type: "Data" data_param { source: "tiny.lmdb" }', tmp_path) == (1, 2, 3)
