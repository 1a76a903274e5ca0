from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protonet.convert.arrays import list_arrays
from protonet.convert.source import Part
from protonet.errors import DataError


def one(folder: Path, **arrays: Any) -> Part:
    """Return what an NPZ of these arrays becomes."""
    np.savez_compressed(folder / "a.npz", **arrays)
    (part,) = list_arrays(folder / "a.npz", gray=False)
    return part


def taken(part: Part, name: str) -> list[Any]:
    values = part.values[name]
    return values.take(np.arange(len(values))).tolist()  # type: ignore[union-attr, no-any-return]  # numpy's Any


@pytest.mark.parametrize(
    "shape", [(2, 4, 5), (2, 4, 5, 1), (2, 1, 4, 5), (2, 4, 5, 3), (2, 3, 4, 5)]
)
def test_bytes_of_three_or_four_axes_are_images(shape: tuple[int, ...], tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    part = one(tmp_path, x=values, y=np.array([[1], [0]], np.uint8))
    assert part.images is not None
    pixels = part.images.load(1).pixels
    assert pixels.shape == (4, 5, 3 if 3 in shape else 1)
    expected = values[1]
    if shape == (2, 1, 4, 5) or shape == (2, 3, 4, 5):
        expected = expected.transpose(1, 2, 0)
    assert pixels.tolist() == expected.reshape(pixels.shape).tolist()
    assert part.labels.tolist() == [1, 0]
    assert part.classes == ("0", "1")


def test_other_numbers_are_stored_as_they_are(tmp_path: Path) -> None:
    part = one(tmp_path, features=np.array([[0.5], [2]]), weight=np.array([1, 2], ">i2"))
    assert list(part.values) == ["data", "weight"]
    specs = [part.values[name].spec(name) for name in part.values]
    assert [(spec.dtype, spec.shape) for spec in specs] == [("float64", (1,)), ("int16", ())]
    assert taken(part, "weight") == [1, 2]
    assert part.classes is None


def test_labels_may_be_texts_or_numbers(tmp_path: Path) -> None:
    part = one(tmp_path, x=np.zeros((3, 2)), y=np.array(["dog", "cat", "dog"]))
    assert (taken(part, "label"), part.classes) == ([1, 0, 1], ("cat", "dog"))
    part = one(tmp_path, x=np.zeros((2, 2)), y=np.array([0.5, 2]))
    assert (taken(part, "label"), part.classes) == ([0.5, 2], None)
    part = one(tmp_path, x=np.zeros((2, 2)), y=np.array([-1, 2]))
    assert (taken(part, "label"), part.classes) == ([-1, 2], None)


def test_arrays_of_train_and_test_become_tables(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x_train=np.zeros((3, 2)), y_train=np.arange(3),
             x_test=np.zeros((1, 2)), y_test=np.arange(1))  # fmt: skip
    parts = list_arrays(tmp_path / "a.npz", gray=False)
    assert [(part.table, part.count) for part in parts] == [("train", 3), ("test", 1)]


def test_a_file_of_one_array_is_the_data(tmp_path: Path) -> None:
    np.save(tmp_path / "faces.npy", np.zeros((2, 3), np.float32))
    (part,) = list_arrays(tmp_path / "faces.npy", gray=False)
    assert list(part.values) == ["data"]
    np.save(tmp_path / "labels.npy", np.array([1, 0]))
    (tmp_path / "faces.npy").rename(tmp_path / "x.npy")
    (part,) = list_arrays(tmp_path, gray=False)
    assert list(part.values) == ["data", "label"]


REFUSED = {
    "lengths": (
        {"x": np.zeros((2, 3)), "y": np.zeros(3)},
        "its arrays have different numbers of records: data [2, 3], label [3]",
    ),
    "a number": (
        {"x": np.zeros((2, 3)), "size": np.array(3)},
        "its arrays have different numbers of records: data [2, 3], size []",
    ),
    "no record": ({"x": np.zeros((0, 3))}, "its arrays hold no record"),
    "twice": (
        {"x": np.zeros(2), "images": np.zeros(2)},
        "two arrays would both become the field data; rename one",
    ),
    "a part and none": (
        {"x_train": np.zeros(2), "y": np.zeros(2)},
        "some arrays are of one part of the set, like x_train, and label of none",
    ),
    "complex": (
        {"x": np.zeros(2, complex)},
        "the array data holds complex128; whole numbers, floats of up to 64 bits and truth values "
        "can be stored",
    ),
    "objects": (
        {"x": np.array([None])},
        "cannot be read as NumPy's: it holds pickled objects, which are not read: they would run "
        "code",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_arrays_that_do_not_fit_are_refused(what: str, tmp_path: Path) -> None:
    arrays, message = REFUSED[what]
    with pytest.raises(DataError) as caught:
        one(tmp_path, **arrays)
    assert str(caught.value) == f"{tmp_path}/a.npz: {message}"


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\1\0")
    with pytest.raises(DataError) as caught:
        list_arrays(tmp_path / "a.npy", gray=False)
    assert str(caught.value).startswith(f"{tmp_path}/a.npy: cannot be read as NumPy's: ")
    with pytest.raises(DataError) as caught:
        list_arrays(tmp_path / "b.npz", gray=False)
    assert str(caught.value) == f"{tmp_path}/b.npz: cannot be read: No such file or directory"
    np.savez(tmp_path / "c.npz")
    with pytest.raises(DataError) as caught:
        list_arrays(tmp_path / "c.npz", gray=False)
    assert str(caught.value) == f"{tmp_path}/c.npz: holds no array"
