from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from protonet.caffe.caffemodel import is_caffemodel, is_for_opencv, read_caffemodel
from protonet.errors import DataError
from tests.protobuf.wire import (
    blob,
    doubles,
    floats,
    halves,
    held,
    layer,
    raw,
    shape,
    sides,
    v0_layer,
    v1_layer,
)


def read(path: Path, content: bytes) -> dict[str, object]:
    path.write_bytes(content)
    return {name: array.tolist() for name, array in read_caffemodel(path).items()}


def refusal(path: Path) -> str:
    with pytest.raises(DataError) as error:
        read_caffemodel(path)
    return str(error.value)


@pytest.mark.parametrize("build", [layer, v1_layer, v0_layer], ids=["2015", "2014", "2013"])
def test_blobs_are_named_by_layer_and_number(build: object, tmp_path: Path) -> None:
    assert callable(build)
    content = build("conv1/3x3", blob((2, 1), 1, 2), blob((2,), 3, 4)) + build("relu")

    assert read(tmp_path / "net", content) == {"conv1/3x3/0": [[1], [2]], "conv1/3x3/1": [3, 4]}


def test_old_shapes_unpacked_and_double_numbers_are_read(tmp_path: Path) -> None:
    unpacked = b"\x2d" + floats(1) + b"\x2d" + floats(2)
    content = v1_layer("a", sides(1, 1, 1, 2) + unpacked) + layer(
        "b", shape(1) + held(8, doubles(3))
    )

    assert read(tmp_path / "net", content) == {"a/0": [[[[1, 2]]]], "b/0": [3]}


def test_nvcaffes_raw_numbers_are_read(tmp_path: Path) -> None:
    content = layer("a", shape(2, 1) + raw(2, halves(1, 2.5)), shape(1) + raw(1, floats(3)))

    assert read(tmp_path / "net", content) == {"a/0": [[1], [2.5]], "a/1": [3]}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (layer("a", blob((1,), 1)), True),
        (v1_layer("a", blob((1,), 1)), True),
        (layer("a", shape(1) + raw(1, floats(1))) + layer("b", shape(1) + raw(2, b"ab")), True),
        (v0_layer("a", blob((1,), 1)), False),
        (layer("a", blob((1,), 1)) + layer("b", shape(1) + held(8, doubles(1))), False),
        (layer("a", shape(1) + raw(0, doubles(1))), False),
    ],
)
def test_layers_of_2013_and_double_numbers_are_not_for_opencv(
    content: bytes, expected: bool, tmp_path: Path
) -> None:
    (tmp_path / "net").write_bytes(content)

    assert is_for_opencv(tmp_path / "net") is expected


def test_hdf5_is_not_for_opencv(tmp_path: Path) -> None:
    h5py.File(tmp_path / "net", "w").close()

    assert not is_for_opencv(tmp_path / "net")


def test_of_two_layers_of_a_name_the_last_counts(tmp_path: Path) -> None:
    content = layer("a", blob((1,), 1)) + layer("a", blob((1,), 2))

    assert read(tmp_path / "net", content) == {"a/0": [2]}


def test_dots_are_no_part_of_a_name_here(tmp_path: Path) -> None:
    assert list(read(tmp_path / "net", layer("conv1.bn", blob((1,), 1)))) == ["conv1_bn/0"]


def test_hdf5_holds_the_same(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "net.caffemodel.h5", "w") as file:
        for number in range(12):
            file[f"data/conv1.x/{number}"] = np.full((1, 2), number, np.float32)
        file["data/relu/nothing"] = h5py.SoftLink("/data/conv1.x/0")
        file.create_group("diff")

    found = read_caffemodel(tmp_path / "net.caffemodel.h5")

    assert list(found) == [f"conv1_x/{number}" for number in range(12)]
    assert found["conv1_x/11"].tolist() == [[11, 11]]


def test_a_net_without_weights_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "net.caffemodel"
    file.write_bytes(layer("relu"))

    assert refusal(file) == f"{file}: it holds no weights: none of its layers has an array"


def test_an_array_that_does_not_fit_its_shape_is_named(tmp_path: Path) -> None:
    file = tmp_path / "net.caffemodel"
    file.write_bytes(layer("a", blob((1,), 1), blob((3,), 1, 2)))

    assert refusal(file) == f"{file}: a/1: its shape (3,) does not fit its 2 numbers"


def test_other_hdf5_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "net.h5"
    with h5py.File(file, "w") as written:
        written["weights"] = [1.0]

    assert refusal(file) == f"{file} is no caffemodel of Caffe: it has no group data"


def test_weights_are_known_by_their_names() -> None:
    assert is_caffemodel(Path("a/net_iter_10.caffemodel"))
    assert is_caffemodel(Path("net.caffemodel.h5"))
    assert not is_caffemodel(Path("net.safetensors"))


def test_caffes_own_files_in_both_forms_hold_the_same(reference: Path) -> None:
    folder = reference / "golden" / "solvers" / "snapshots"
    for case in ("sgd_wd", "adam_wd", "nesterov_wd"):
        found = read_caffemodel(folder / f"{case}_iter_12.caffemodel")
        same = read_caffemodel(folder / f"{case}_h5_iter_12.caffemodel.h5")
        assert found.keys() == same.keys()
        assert all(np.array_equal(found[name], same[name]) for name in found)
