from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protonet.convert.datum import write_array, write_encoded
from protonet.convert.datum_columns import may_be_own, open_datums
from protonet.data.dataset import ChunkedDataset
from protonet.data.layout import Array
from protonet.errors import DataError
from tests.convert.pictures import encoded, plain
from tests.convert.test_datum_database import database
from tests.data.tables import TINY, write


def opened(folder: Path, *values: bytes, **how: object) -> ChunkedDataset:
    """Open a new database of these values."""
    asked = {"size": None, "gray": False, **how}
    return open_datums(str(database(folder, *values)), folder.name, **asked)  # type: ignore[arg-type]  # the tests' own


def taken(dataset: ChunkedDataset, *rows: int) -> tuple[Array, list[int]]:
    """Return images, (N, C, H, W), and labels of some records."""
    shape = dataset.header.fields[0].shape
    assert shape is not None
    images = np.empty((len(rows), *shape), dataset.header.fields[0].dtype)
    labels = np.empty(len(rows), np.int64)
    dataset.gather(np.array(rows), {"data": images, "label": labels})
    return images, labels.tolist()


def pixels(count: int, channels: int = 3) -> Array:
    generator = np.random.default_rng(5)
    return generator.integers(0, 256, (count, channels, 4, 5)).astype(np.uint8)


def refusal(dataset: ChunkedDataset, *rows: int) -> str:
    with pytest.raises(DataError) as caught:
        taken(dataset, *rows)
    return str(caught.value)


def test_pixels_and_labels_are_read_in_any_order(tmp_path: Path) -> None:
    stored, numbers = pixels(5), [3, 300, 0, -1, 2**31 - 1]
    values = [write_array(*pair) for pair in zip(stored, numbers, strict=True)]
    dataset = opened(tmp_path / "a", *values)

    images, labels = taken(dataset, 4, 0, 0, 3, 1)

    np.testing.assert_array_equal(images, stored[[4, 0, 0, 3, 1]])
    assert labels == [2**31 - 1, 3, 3, -1, 300]
    assert (len(dataset), dataset.path, dataset.header.channels) == (5, "a", "BGR")
    assert (dataset.header.classes, dataset.header.class_counts) == (None, None)
    assert dataset.header.made_by == {"command": "read", "source": "a"}


def test_one_channel_is_gray_and_other_numbers_are_no_images(tmp_path: Path) -> None:
    one = opened(tmp_path / "a", *(write_array(image, 1) for image in pixels(3, 1)))
    np.testing.assert_array_equal(taken(one, 2, 1)[0], pixels(3, 1)[[2, 1]])
    assert one.header.channels == "gray"

    floats = np.random.default_rng(0).normal(size=(3, 2, 1, 1)).astype(np.float32)
    many = opened(tmp_path / "b", *(write_array(array, 7) for array in floats))
    np.testing.assert_array_equal(taken(many, 2, 0)[0], floats[[2, 0]])
    assert (many.header.channels, many.header.fields[0].dtype) == (None, "float32")


def test_fields_in_another_order_are_read_all_the_same(tmp_path: Path) -> None:
    """Protobuf allows any order; Caffe's is that of the numbers."""
    stored = pixels(3)
    values = [write_array(image, number) for number, image in enumerate(stored)]
    lead = len(bytes.fromhex("08 03 10 04 18 05"))
    turned = [value[lead:] + value[:lead] for value in values]

    for folder, mixed in (("a", turned), ("b", [turned[0], values[1], turned[2]])):
        images, labels = taken(opened(tmp_path / folder, *mixed), 1, 2, 0)

        np.testing.assert_array_equal(images, stored[[1, 2, 0]])
        assert labels == [1, 2, 0]


def test_encoded_images_are_decoded_blue_first(tmp_path: Path) -> None:
    values = [write_encoded(encoded(plain((1, number, 3))), number) for number in range(6)]
    dataset = opened(tmp_path / "a", *values)

    images, labels = taken(dataset, 5, 1, 0, 2, 4)

    assert images[:, :, 0, 0].tolist() == [[3, number, 1] for number in (5, 1, 0, 2, 4)]
    assert labels == [5, 1, 0, 2, 4]
    assert (dataset.header.channels, images.shape[1:]) == ("BGR", (3, 3, 4))


def test_images_are_scaled_and_made_gray_as_they_are_read(tmp_path: Path) -> None:
    colour = np.empty((3, 4, 4), np.uint8)
    colour[:] = np.array([10, 20, 200], np.uint8).reshape(3, 1, 1)  # blue, green, red
    dataset = opened(tmp_path / "a", write_array(colour, 0), size=(3, 2), gray=True)

    # Rec. 601: 0.299 · 200 + 0.587 · 20 + 0.114 · 10 = 72.68
    assert taken(dataset, 0)[0].tolist() == [[[[73, 73, 73], [73, 73, 73]]]]
    assert dataset.header.channels == "gray"
    assert dataset.header.made_by == {"command": "read", "source": "a", "resize": "3x2"}


def test_records_that_are_not_alike_are_named(tmp_path: Path) -> None:
    small, large = np.zeros((3, 2, 3), np.uint8), np.zeros((3, 3, 2), np.uint8)
    file = write_encoded(encoded(plain((0, 0, 0))), 1)
    dataset = opened(tmp_path / "a", write_array(small, 0), write_array(large, 1), file)

    cure = (
        "the first record [3, 2, 3] of uint8; records that are read without conversion are alike: "
        "protonet convert a NEW.lmdb makes them so"
    )
    assert refusal(dataset, 0, 1) == f"a, record 1: holds [3, 3, 2] of uint8, and {cure}"
    assert refusal(dataset, 2) == f"a, record 2: holds an image file, and {cure}"


def test_encoded_images_of_two_sizes_are_named(tmp_path: Path) -> None:
    values = [write_encoded(encoded(Image.new("RGB", (size, 3))), 0) for size in (4, 5)]

    assert refusal(opened(tmp_path / "a", *values), 1) == (
        "a, record 1 is 5x3 pixels, and a, record 0 is 4x3: images of different sizes need "
        "transforms that give them one, such as Resize or RandomResizedCrop, or new_height and "
        "new_width"
    )


def test_what_is_no_datum_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        opened(tmp_path / "a", b"\xff")
    assert str(caught.value) == (
        "a, record 0: is no Datum of Caffe: its bytes are no message; only Caffe's databases and "
        "protonet's can be read"
    )
    with pytest.raises(DataError) as caught:
        opened(tmp_path / "b")
    assert str(caught.value) == "b: the database is empty"
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "data.mdb").write_bytes(b"x" * 500)
    why = "data.mdb cannot be read: it is not an LMDB file, or its first pages are damaged"
    for read in (lambda: open_datums(str(tmp_path / "c"), "c", size=None, gray=False),
                 lambda: may_be_own(tmp_path / "c", "c")):  # fmt: skip
        with pytest.raises(DataError) as caught:
            read()
        assert str(caught.value) == f"c: {why}"
    dataset = opened(tmp_path / "d", write_array(pixels(1)[0], 0), b"\xff")
    assert refusal(dataset, 1) == "d, record 1: is no Datum of Caffe: its bytes are no message"


def test_a_database_that_was_cut_short_while_it_was_read_is_told(tmp_path: Path) -> None:
    dataset = opened(tmp_path / "a", *(write_array(image, 0) for image in pixels(3)))
    with (tmp_path / "a" / "data.mdb").open("r+b") as file:
        file.truncate(4096)
    assert refusal(dataset, 0).startswith("a: the file was cut short while it was read: ")


def test_a_database_is_known_by_its_content_and_opens_again(tmp_path: Path) -> None:
    values = [write_array(image, 0) for image in pixels(3)]
    one, other = opened(tmp_path / "a", *values), opened(tmp_path / "b", *values, values[0])
    copy = pickle.loads(pickle.dumps(one))

    assert copy.header == one.header
    np.testing.assert_array_equal(taken(copy, 2)[0], pixels(3)[[2]])
    assert one.header.content_hash != other.header.content_hash


def test_protonets_own_databases_are_known_by_a_key(tmp_path: Path) -> None:
    assert may_be_own(write(tmp_path / "a.lmdb", TINY), "a")
    assert may_be_own(write(tmp_path / "b.lmdb", TINY, table="train").parent, "b")
    assert not may_be_own(database(tmp_path / "c", b"x"), "c")
    assert not may_be_own(database(tmp_path / "d"), "d")
