from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from protonet.caffe.found_shape import found_shapes
from protonet.caffe.values import message
from protonet.convert.datum import write_array, write_encoded
from tests.caffe.reading import context, layer
from tests.convert.pictures import plain, save
from tests.convert.test_datum_database import database
from tests.data.tables import TINY, write
from tests.protobuf.wire import blob


def shapes(text: str, folder: Path) -> dict[str, tuple[int, ...]]:
    return found_shapes(message(layer(f"layer {{ {text} }}")), context(places=[folder]))


def found(text: str, folder: Path) -> tuple[int, ...] | None:
    """Return the shape of the first top, `data`."""
    return shapes(f"{text} top: 'data' top: 'label'", folder).get("data")


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


def test_caffes_own_database_says_it(tmp_path: Path) -> None:
    database(tmp_path / "a_lmdb", write_array(np.zeros((3, 5, 6), np.uint8), 1))
    text = 'type: "Data" data_param { source: "a_lmdb" }'

    assert found(text, tmp_path) == (3, 5, 6)
    assert found(f"{text} transform_param {{ crop_size: 4 }}", tmp_path) == (3, 4, 4)


def test_images_are_gray_where_the_transform_forces_it(tmp_path: Path) -> None:
    save(tmp_path / "a.png", plain((1, 2, 3), 6, 5))
    database(tmp_path / "a_lmdb", write_encoded((tmp_path / "a.png").read_bytes(), 1))
    text = 'type: "Data" data_param { source: "a_lmdb" }'

    assert found(text, tmp_path) == (3, 5, 6)
    assert found(f"{text} transform_param {{ force_gray: true }}", tmp_path) == (1, 5, 6)
    assert found(f"{text} transform_param {{ force_color: true }}", tmp_path) == (3, 5, 6)


def test_the_first_image_of_a_list_says_it_where_the_layer_does_not(tmp_path: Path) -> None:
    save(tmp_path / "far" / "a.png", plain((1, 2, 3), 6, 5))
    (tmp_path / "list.txt").write_text("a.png 0\n")
    start = 'type: "ImageData" image_data_param { source: "list.txt" root_folder: "far"'

    assert found(f"{start} }}", tmp_path) == (3, 5, 6)
    assert found(f"{start} is_color: false }}", tmp_path) == (1, 5, 6)
    assert found(f"{start} new_height: 8 new_width: 8 }}", tmp_path) is None
    assert found(f"{start} }} transform_param {{ crop_size: 4 }}", tmp_path) is None


def test_hdf5_files_say_it_of_every_top(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"], file["label"] = np.zeros((2, 3, 4), np.float32), np.zeros((2, 1))
    (tmp_path / "list.txt").write_text("a.h5\n")
    text = 'type: "HDF5Data" top: "x" hdf5_data_param { source: "list.txt" }'

    assert shapes(text, tmp_path) == {"x": (3, 4), "label": (1,)}
