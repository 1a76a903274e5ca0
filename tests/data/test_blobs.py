from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from protonet.data.blobs import Blobs
from protonet.data.open import open_dataset
from protonet.data.order import Order
from protonet.data.reader import Reader
from protonet.errors import UsageError
from protonet.windows.plain import Windows
from tests.data.encoded import pictures, write_encoded
from tests.data.test_decoding_records import DECODING, SIZES, expected, write


def test_images_are_taken_whole_cut_or_decoded(tmp_path: Path) -> None:
    """The middle columns of 3 x 4 pixels, beside the whole; samples of encoded ones."""
    images = np.stack(pictures(6)).transpose(0, 3, 1, 2)
    rows = np.array([5, 0, 3])
    cut = Windows(np.zeros(3, int), np.ones(3, int), 3, 2, np.zeros(3, bool))
    with open_dataset(write_encoded(tmp_path / "a.lmdb", pictures(6))) as dataset:
        fields = {"whole": "data", "part": "data", "label": "label"}
        blobs = Blobs(dataset, fields, {"part": lambda positions: cut}, {})
        block = blobs.gather(rows, rows, 0)
        assert np.array_equal(block["whole"], images[rows])
        assert np.array_equal(block["part"], images[rows][..., 1:3])
        assert block["label"].tolist() == rows.tolist()
        assert blobs.record_bytes == 36 + 36 + 8

    files = write(tmp_path / "b.lmdb", SIZES)
    with open_dataset(tmp_path / "b.lmdb") as dataset:
        blobs = Blobs(dataset, {"data": "data"}, {}, {"data": DECODING})
        found = blobs.gather(np.array([3, 1]), np.arange(2), 0)["data"]
        assert np.array_equal(found, expected(files)[[3, 1]])
        assert found.transpose(0, 2, 3, 1).flags.c_contiguous
        assert blobs.record_bytes == 3 * 6 * 5


@pytest.mark.parametrize("background", [False, True])
def test_a_reader_gives_samples_of_images_of_different_sizes(
    background: bool, tmp_path: Path
) -> None:
    samples = expected(write(tmp_path / "a.lmdb", SIZES))
    with (
        open_dataset(tmp_path / "a.lmdb") as dataset,
        Reader(
            dataset,
            2,
            Order(5, shuffle=False),
            fields={"data": "data", "label": "label"},
            decodings={"data": DECODING},
            endless=False,
            background=background,
        ) as reader,
    ):
        batches = list(reader)

    assert [len(batch.arrays["label"]) for batch in batches] == [2, 2, 1]
    found = np.concatenate([batch.arrays["data"].numpy() for batch in batches])
    assert np.array_equal(found, samples)


def test_a_field_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with open_dataset(write_encoded(tmp_path / "a.lmdb", pictures(1))) as dataset:
        with pytest.raises(UsageError) as caught:
            Blobs(dataset, {"data": "dta"}, {}, {}).gather(np.arange(1), np.arange(1), 0)
        assert str(caught.value) == (
            f"{tmp_path}/a.lmdb: there is no field dta; did you mean data?"
        )
