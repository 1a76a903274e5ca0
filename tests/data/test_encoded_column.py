from __future__ import annotations

import os
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from protonet.data.dataset import ChunkedDataset
from protonet.data.encoded_column import EncodedColumn
from protonet.data.image import encode
from protonet.data.layout import Array
from protonet.data.open import open_dataset
from protonet.data.table import create_tables
from protonet.errors import DataError, UsageError
from tests.data.encoded import FIELDS, pictures, write_encoded
from tests.data.tables import FORMATS, flipped


def column(dataset: ChunkedDataset) -> EncodedColumn:
    found = dataset.columns["data"]
    assert isinstance(found, EncodedColumn)
    return found


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_decoded_as_they_are_read(ending: str, channels: int, tmp_path: Path) -> None:
    images = pictures(20, channels=channels)
    with open_dataset(write_encoded(tmp_path / f"a.{ending}", images)) as dataset:
        rows = np.array([19, 0, 7, 7, 1, 12])
        out: dict[str, Array] = {
            "data": np.empty((6, channels, 3, 4), np.uint8),
            "label": np.empty(6, np.int64),
        }
        dataset.gather(rows, out)
        assert out["label"].tolist() == rows.tolist()
        for row, found in zip(rows, out["data"], strict=True):
            assert found.tolist() == images[row].transpose(2, 0, 1).tolist()
        assert dataset[-1]["data"].tolist() == images[19].transpose(2, 0, 1).tolist()
        assert column(dataset).encoded(3) == encode(images[3], "PNG")
        assert dataset.header.fields[0].shape == (channels, 3, 4)


def test_a_copy_opens_the_file_again(tmp_path: Path) -> None:
    images = pictures(5)
    with open_dataset(write_encoded(tmp_path / "a.lmdb", images)) as dataset:
        copy = pickle.loads(pickle.dumps(dataset))
    assert copy[4]["data"].tolist() == images[4].transpose(2, 0, 1).tolist()


def test_a_forked_process_has_threads_of_its_own(tmp_path: Path) -> None:
    images = pictures(8)
    rows = np.arange(8)
    with open_dataset(write_encoded(tmp_path / "a.lmdb", images)) as dataset:
        out = np.empty((8, 3, 3, 4), np.uint8)
        dataset.gather(rows, {"data": out})
        process = os.fork()
        if process == 0:
            other = np.empty_like(out)
            dataset.gather(rows, {"data": other})
            os._exit(0 if np.array_equal(out, other) else 1)
        assert os.waitpid(process, 0)[1] == 0


def test_a_compressed_file_is_read_too(tmp_path: Path) -> None:
    images = pictures(6)
    path = write_encoded(tmp_path / "a.h5", images)
    with h5py.File(path, "r+") as file:
        data = file["data"][:]
        del file["data"]
        file.create_dataset("data", data=data, chunks=(len(data),), compression="gzip")
    with open_dataset(path) as dataset:
        assert dataset[5]["data"].tolist() == images[5].transpose(2, 0, 1).tolist()


def test_images_of_two_sizes_make_no_batch(tmp_path: Path) -> None:
    images = [*pictures(1), np.zeros((2, 2, 3), np.uint8)]
    with open_dataset(write_encoded(tmp_path / "a.lmdb", images)) as dataset:
        assert dataset.header.fields[0].shape is None
        assert [dataset[row]["data"].shape for row in range(2)] == [(3, 3, 4), (3, 2, 2)]
        with pytest.raises(DataError) as caught:
            dataset.gather(np.array([0, 1]), {"data": np.empty(2, np.uint8)})
    assert str(caught.value) == (
        f"{tmp_path}/a.lmdb: the images of its field data have different sizes, and a batch has "
        "one; convert again with --resize WxH"
    )


@pytest.mark.parametrize("ending", FORMATS)
def test_flipped_bits_are_found(ending: str, tmp_path: Path) -> None:
    images = pictures(4)
    path = write_encoded(tmp_path / f"a.{ending}", images)
    file = path / "data.mdb" if path.is_dir() else path
    content, image = file.read_bytes(), encode(images[2], "PNG")
    file.write_bytes(content.replace(image, flipped(image, 30)))  # LMDB's old pages hold it, too
    with open_dataset(path) as dataset, pytest.raises(DataError) as caught:
        dataset.gather(np.arange(4), {"data": np.empty((4, 3, 3, 4), np.uint8)})
    assert str(caught.value).startswith(f"{path}: chunk 0 of field data (bytes 0 to ")


def test_an_image_of_another_shape_than_the_field_says_is_refused(tmp_path: Path) -> None:
    """What only a program that writes with our own library can bring about."""
    with open_dataset(write_encoded(tmp_path / "a.lmdb", pictures(2))) as dataset:
        with pytest.raises(DataError) as caught:
            column(dataset).gather(np.array([1]), np.empty((1, 3, 9, 9), np.uint8))
        assert str(caught.value) == (
            f"{tmp_path}/a.lmdb, record 1: decodes to the shape [3, 3, 4], and the field has "
            "[3, 9, 9]: it is damaged; convert the data again"
        )
        assert column(dataset).shape(encode(pictures(1)[0], "PNG")) == (3, 3, 4)
        with pytest.raises(DataError) as caught:
            column(dataset).shape(b"x")
        assert str(caught.value).startswith(
            f"{tmp_path}/a.lmdb: an image of field data: cannot be read as an image: "
        )


def test_fields_are_what_they_are_declared_to_be(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught, create_tables(tmp_path / "a.lmdb") as tables:
        tables.table(None, FIELDS).write({"data": np.zeros(1, np.uint8), "label": np.zeros(1, int)})
    assert str(caught.value) == (
        f"{tmp_path}/a.lmdb: field data takes 1 encoded images; given is uint8 of shape [1]"
    )
