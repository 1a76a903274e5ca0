"""How many records lie together."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from protonet.data.chosen import Chosen
from protonet.data.chunks import records_per_chunk
from protonet.data.concatenated import Concatenated
from protonet.data.image import encode
from protonet.data.layout import Array
from protonet.data.open import open_dataset
from tests.data.encoded import pictures, write_encoded
from tests.data.tables import write


def test_of_several_fields_the_largest_says(tmp_path: Path) -> None:
    """1 MiB holds 1,048,576 // 3,000 = 349 records of 3,000 bytes, 131,072 of 8."""
    columns: dict[str, Array] = {"data": np.zeros((5, 3, 1000), np.uint8), "label": np.arange(5)}
    dataset = open_dataset(write(tmp_path / "a.lmdb", columns))
    assert records_per_chunk(dataset, ["label"]) == 131_072
    assert records_per_chunk(dataset, ["label", "data"]) == 349
    other = open_dataset(write(tmp_path / "b.h5", columns))
    assert records_per_chunk(Concatenated([other, dataset]), ["data"]) == 349


def test_what_lies_in_no_chunks_is_counted_as_if_it_did(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path / "a.lmdb", {"data": np.zeros((5, 1 << 21), np.uint8)}))
    assert records_per_chunk(Chosen(dataset, np.arange(2)), ["data"]) == 1
    assert records_per_chunk(dataset, ["data"]) == 1


def test_of_encoded_images_it_is_the_average(tmp_path: Path) -> None:
    images = pictures(9)
    stored = sum(len(encode(image, "PNG")) for image in images)
    dataset = open_dataset(write_encoded(tmp_path / "a.lmdb", images))
    assert records_per_chunk(dataset, ["data"]) == (1 << 20) * 9 // stored
