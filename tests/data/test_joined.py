"""Datasets read in step: each field comes from its own, record for record."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from protonet.data.joined import Joined
from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
from tests.data.tables import write

IMAGES = np.arange(40, dtype=np.uint8).reshape(10, 1, 2, 2)
MASKS = np.arange(10, dtype=np.int16) * 3


@pytest.fixture
def joined(tmp_path: Path) -> Joined:
    """Two datasets that both call their field `data`, in two formats."""
    images = open_dataset(write(tmp_path / "images.lmdb", {"data": IMAGES}))
    masks = open_dataset(write(tmp_path / "masks.h5", {"data": MASKS}))
    return Joined({"image": (images, "data"), "mask": (masks, "data")})


def test_fields_of_one_name_are_told_apart(joined: Joined, tmp_path: Path) -> None:
    described = [(field.name, field.dtype, field.shape) for field in joined.header.fields]
    assert described == [("image", "uint8", (1, 2, 2)), ("mask", "int16", ())]
    assert joined.header.count == 10
    assert joined.path == f"{tmp_path}/images.lmdb and {tmp_path}/masks.h5"


def test_it_is_known_by_the_content_of_all(joined: Joined, tmp_path: Path) -> None:
    hashes = [
        open_dataset(tmp_path / name).header.content_hash for name in ("images.lmdb", "masks.h5")
    ]
    assert joined.header.content_hash == " ".join(hashes)


def test_a_dataset_that_gives_two_fields_is_named_once(tmp_path: Path) -> None:
    both = open_dataset(write(tmp_path / "both.lmdb", {"data": IMAGES, "label": MASKS}))
    assert Joined({"a": (both, "label"), "b": (both, "data")}).path == f"{tmp_path}/both.lmdb"


@pytest.mark.parametrize("background", [False, True])
def test_a_reader_shuffles_all_of_them_alike(joined: Joined, background: bool) -> None:
    order = Order(10, True, 7)
    fields = {"mask": "mask", "image": "image"}
    with Reader(joined, 4, order, fields=fields, endless=True, background=background) as reader:
        batches = [next(reader) for _ in range(5)]  # two epochs
    rows = order.rows(np.arange(20))
    read = {
        name: np.concatenate([batch.arrays[name].numpy() for batch in batches]) for name in fields
    }
    np.testing.assert_array_equal(read["image"], IMAGES[rows])
    np.testing.assert_array_equal(read["mask"], MASKS[rows])


def test_a_pickled_copy_opens_the_files_again(joined: Joined) -> None:
    copy = pickle.loads(pickle.dumps(joined))
    masks, images = np.empty(2, np.int16), np.empty((2, 1, 2, 2), np.uint8)
    copy.gather(np.array([9, 0]), {"mask": masks, "image": images})
    assert masks.tolist() == [27, 0]
    np.testing.assert_array_equal(images, IMAGES[[9, 0]])
